"""Stage `start`, server steps and the endings with a target: what happens to a server over time."""

import time

import fake as fakes
from story import story
from tds_client import Deviation


def refused(fake):
    try:
        fake.connect(timeout=0.2).close()
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        pass  # its SYN came while the gate turned: the kernel would send it again after 1 s
    return False


def served(fake):
    try:
        fake.healthy()
    except (OSError, AssertionError):
        return False
    return True


@story("{at: start, do: [wait: 500ms, gate: refuse, wait: 900ms, gate: accept]}")
def test_a_timeline_closes_and_opens_the_port(fake):
    assert served(fake)
    fakes.wait_until(lambda: refused(fake), "never refused")
    fakes.wait_until(lambda: served(fake), "never open again")
    ready = fake.events("ready")[0]["t"]
    fake.wait_event("gate", 3)
    closing, opening = [e["t"] for e in fake.events("gate")][-2:]
    assert closing - ready >= 0.5 and opening - closing >= 0.9


@story(
    "{at: start, do: [hold: go, reset: all]}", "{at: login, when: {user: trigger}, do: [reply, signal: go]}"
)
def test_reset_all(fake):
    with fake.logged_in() as idle, fake.connect() as silent, fake.connect() as trigger:
        trigger.prelogin()
        trigger.send_login(user="trigger")
        for client in (idle, silent, trigger):
            _, how = client.read_to_end()
            assert how == "RST"
    fake.wait_event("closed", 3, by="server", how="RST")
    fake.healthy()


@story(
    "{at: start, do: [hold: go, close: idle]}",
    "{at: login, when: {user: trigger}, do: {signal: go}}",
    "{at: query, when: {sql: SELECT 1}, times: 1, do: {hold: busy}}",
    "{at: login, when: {user: last}, do: {signal: busy}}",
)
def test_close_idle_spares_the_busy(fake):
    with fake.logged_in() as idle, fake.logged_in() as busy, fake.connect() as before_login:
        before_login.prelogin()
        busy.send_batch("SELECT 1")
        fake.wait_event("received", sql="SELECT 1")
        fake.logged_in(user="trigger").close()
        idle.expect_end("FIN")
        fake.logged_in(user="last").close()
        assert busy.read_message().rows == [[1]], "a running request is not idle"
        assert before_login.login().logged_in, "idle means logged in"


@story("{at: query, when: {sql: /kill/}, do: {reset: others}}")
def test_reset_others_spares_the_one_that_asks(fake):
    with fake.logged_in() as one, fake.logged_in() as two, fake.logged_in() as three:
        two.send_batch("SELECT kill")
        one.expect_end("RST")
        three.expect_end("RST")
        assert two.read_message().errors, "followed by the healthy reply"
        assert two.batch("SELECT 1").rows == [[1]]


@story("{at: query, when: {sql: /kill/}, do: {close: {which: all, when: {user: ann}}}}")
def test_a_target_with_a_condition(fake):
    with fake.logged_in(user="ann") as ann, fake.logged_in(user="bob") as bob:
        bob.send_batch("SELECT kill")
        ann.expect_end("FIN")
        assert bob.read_message().errors
        assert bob.batch("SELECT 1").rows == [[1]]


@story("{at: login, when: {user: off}, do: {vanish: others}}")
def test_vanish_others(fake):
    with fake.logged_in() as client:
        fake.logged_in(user="off").close()
        client.expect_vanished()
    fake.healthy()


@story("{at: query, when: {sql: SELECT 1}, do: {half-close: others}}")
def test_half_close_others(fake):
    with fake.logged_in() as one, fake.logged_in() as two:
        assert two.batch("SELECT 1").rows == [[1]]
        one.expect_end("FIN")
        one.expect_send_works(0.3)


@story(
    "{at: query, times: 1, do: [{vanish: {for: 1200ms}}, reply]}", red=("{at: query, times: 1, do: vanish}",)
)
def test_vanish_heals(fake):
    """What the client sent meanwhile is acknowledged at one of its retransmits, and both answers come."""
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        fake.wait_event("fault")
        began = time.monotonic()
        client.send_batch("SELECT 1")
        client.expect_unacknowledged(0.4)
        client.expect_silence(0)
        assert client.read_message().rows == [[1]]
        assert client.read_message().rows == [[1]]
        client.expect_acknowledged()
        assert time.monotonic() - began >= 1.0


@story("{at: query, do: [wait: 100ms, vanish]}", red=("{at: query, do: [wait: 100ms, stall]}",))
def test_vanish_differs_from_stall(fake):
    """A stalled peer acknowledges, a vanished one does not."""
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.expect_vanished()


@story(
    "{at: query, times: 1, do: stall}",
    "{at: query, skip: 1, times: 1, do: {error: {number: 50001, message: scripted}}}",
    "{at: login, when: {user: x}, unused: allowed, do: close}",
)
def test_faults_still_fire_on_a_stalled_connection(fake):
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.expect_silence(0.15)
        client.send_batch("SELECT 1")
        client.expect_silence(0.15)
        client.send_attention()
        client.expect_silence(0.15)
        client.send_batch("SELECT 1")
        assert client.read_message().errors == [50001]
    assert (
        len(fake.wait_event("received", 3, sql="SELECT 1") and fake.events("received", sql="SELECT 1")) == 3
    )
    fake.healthy()


@story("{at: query, times: 1, do: stall}")
def test_stall_is_only_this_connection(fake):
    with fake.logged_in() as stalled, fake.logged_in() as other:
        stalled.send_batch("SELECT 1")
        stalled.expect_silence(0.1)
        assert other.batch("SELECT 1").rows == [[1]]


@story("{at: idle, after: 400ms, do: {send: {hex: 01}}}")
def test_idle_fires_once_per_spell(fake):
    with fake.logged_in() as client:
        assert client.read_exactly(1) == b"\x01"
        client.expect_silence(0.6)
        assert client.batch("SELECT 1").rows == [[1]]
        assert client.read_exactly(1) == b"\x01"
        fake.wait_event("fault", 2)
    fires = [e["t"] for e in fake.events("fault")]
    answered = [e["t"] for e in fake.events("sent") if e["t"] < fires[1]][-1]
    assert fires[1] - answered >= 0.35


@story(
    "{at: idle, after: 200ms, do: close}",
    "{at: query, do: {wait: 600ms}}",
    red=("{at: idle, after: 200ms, do: close}",),
)
def test_a_running_request_is_not_idle(fake):
    with fake.connect() as client:
        client.prelogin()
        client.expect_silence(0.3)  # not logged in: not idle either
        assert client.login().logged_in
        began = time.monotonic()
        assert client.batch("SELECT 1").rows == [[1]]
        if time.monotonic() - began < 0.55:
            raise Deviation("the request did not wait")
        client.expect_end("FIN")


@story("{at: client-close, do: [wait: 500ms]}")
def test_a_late_fin(fake):
    with fake.logged_in() as client:
        began = time.monotonic()
        client.half_close()
        client.expect_end("FIN")
        assert time.monotonic() - began >= 0.5
