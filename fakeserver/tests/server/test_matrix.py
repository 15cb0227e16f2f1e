"""Every stage × every step, each with its red control against a healthy server.

`reach` brings a connection to a stage, `answered` reads the healthy reply there, and a check per step says what
the step looks like from outside.
"""

import socket
import time

import fake as fakes
import pytest
import tds_client
import tds_messages as m
import tds_tokens as t
from story import RED_PATIENCE, must_fail
from tds_client import Deviation

MESSAGES = ["prelogin", "login", "batch", "rpc", "transaction", "request", "query", "attention"]
WAIT = 0.4


def trigger(client, stage):
    """Sends what makes the stage happen, on a connection brought before it."""
    if stage == "prelogin":
        client.send_prelogin()
    elif stage == "login":
        client.send_login()
    elif stage in ("batch", "query"):
        client.send_batch("SELECT 1")
    elif stage in ("rpc", "request"):
        client.send_rpc("SELECT 1")
    elif stage == "transaction":
        client.send(m.packets(m.TRANSACTION, m.begin_payload()))
    elif stage == "attention":
        client.send_attention()
    elif stage == "client-close":
        client.half_close()


def reach(running, stage):
    client = running.connect()
    if stage in ("connect", "prelogin"):
        pass
    elif stage == "login":
        client.prelogin()
    else:
        client.enter()
    trigger(client, stage)
    return client


def follow(client, stage):
    """Where the stage itself asks for no answer: the next message does."""
    if stage == "connect":
        client.send_prelogin()
    elif stage == "idle":
        client.send_batch("SELECT 1")


def came_to_pass(running, stage):
    """Nobody's message makes `idle` happen: wait until the rule has fired."""
    if stage == "idle":
        running.wait_event("fault")


def answered(client, stage):
    """The healthy reply of the stage, or of the message after it, comes."""
    if stage == "client-close":
        return client.expect_end("FIN")
    answer = client.read_message()
    if stage in ("connect", "prelogin"):
        assert t.parse_prelogin(answer.payload)[1] == b"\x02"
    elif stage == "login":
        assert answer.logged_in
    elif stage == "transaction":
        begun = answer.one("envchange")
        assert begun.kind == "begin"
        client.descriptor = int.from_bytes(begun.new, "little")  # which the next request has to carry
    elif stage == "attention":
        assert answer.one("done").status == t.DONE_ATTENTION
    else:
        assert answer.rows == [[1]]


def see_wait(running, stage):
    began = time.monotonic()
    with reach(running, stage) as client:
        follow(client, stage)
        answered(client, stage)
        assert time.monotonic() - began >= WAIT


def see_hold(running, stage):
    with reach(running, stage) as client:
        follow(client, stage)
        client.expect_silence(0.15)
        with running.connect() as releaser:
            releaser.send_login(user="releaser")
            answered(client, stage)


def see_stall(running, stage):
    with reach(running, stage) as client:
        came_to_pass(running, stage)
        follow(client, stage)
        client.expect_silence(0.15)
        if stage != "client-close":
            client.send_batch("SELECT 1")
            client.expect_silence(0.15)
            client.expect_acknowledged()


def see_ignore(running, stage):
    with reach(running, stage) as client:
        client.expect_silence(0.15)
        if stage == "client-close":
            return
        trigger(client, "login" if stage in ("prelogin", "login") else "batch")
        answered(client, "login" if stage in ("prelogin", "login") else "batch")


def see_send(running, stage):
    with reach(running, stage) as client:
        assert client.read_exactly(4) == b"\xde\xad\xbe\xef"
        if stage not in ("connect", "idle"):
            client.expect_silence(0.15)


def see_error(running, stage):
    with reach(running, stage) as client:
        answer = client.read_message()
        error = answer.one("error")
        assert (error.number, error.severity, error.message) == (50123, 16, "as the file says")
        assert answer.tokens[-1].name.startswith("done") and answer.tokens[-1].status & t.DONE_ERROR


def see_close(running, stage):
    with reach(running, stage) as client:
        client.expect_end("FIN")
        client.expect_send_fails()
    closed = running.wait_event("closed")
    assert (closed["by"], closed["how"]) == ("server", "FIN")


def see_half_close(running, stage):
    with reach(running, stage) as client:
        client.expect_end("FIN")
        client.expect_send_works()


def see_reset(running, stage):
    with reach(running, stage) as client:
        client.expect_end("RST")
    if stage != "client-close":  # there the client was the first to leave
        closed = running.wait_event("closed")
        assert (closed["by"], closed["how"]) == ("server", "RST")


def see_vanish(running, stage):
    with reach(running, stage) as client:
        came_to_pass(running, stage)
        client.expect_vanished()


def see_signal(running, stage):
    with reach(running, stage) as client:
        assert running.wait_event("signal")["name"] == "seen"
        follow(client, stage)
        answered(client, stage)


def see_gate(running, stage):
    with reach(running, stage) as client:
        follow(client, stage)
        answered(client, stage)

        def refused():
            try:
                socket.create_connection(running.address, 10).close()
            except ConnectionRefusedError:
                return True
            return False

        fakes.wait_until(refused, "the port is still open")
        if stage not in ("connect", "client-close"):
            trigger(client, "login" if stage == "prelogin" else "batch")
            answered(client, "login" if stage == "prelogin" else "batch")


ANYWHERE = ["connect", *MESSAGES, "idle"]
STEPS = {
    # step: (what the file says, the check, the stages where it can be told from the healthy server)
    "wait": (f"{{wait: {int(WAIT * 1000)}ms}}", see_wait, ["connect", *MESSAGES, "client-close"]),
    "hold": ("{hold: go}", see_hold, ["connect", *MESSAGES, "client-close"]),
    "stall": ("stall", see_stall, [*ANYWHERE, "client-close"]),
    "ignore": ("ignore", see_ignore, [*MESSAGES, "client-close"]),
    "send": ("{send: {hex: de ad be ef}}", see_send, [*ANYWHERE, "client-close"]),
    "error": ("{error: {number: 50123, class: 16, message: as the file says}}", see_error, MESSAGES),
    "close": ("close", see_close, ANYWHERE),
    "half-close": ("half-close", see_half_close, ANYWHERE),
    "reset": ("reset", see_reset, [*ANYWHERE, "client-close"]),
    "vanish": ("vanish", see_vanish, ANYWHERE),
    "signal": ("{signal: seen}", see_signal, [*ANYWHERE, "client-close"]),
    "gate": ("{gate: refuse}", see_gate, [*ANYWHERE, "client-close"]),
}
CASES = [(stage, step) for step, (_, _, stages) in STEPS.items() for stage in stages]


@pytest.mark.parametrize("stage, step", CASES)
def test_step(start, stage, step):
    said, check, _ = STEPS[step]
    after = ", after: 80ms" if stage == "idle" else ""
    # `when: {connection: 1}`: the connections that a check opens beside are left alone.
    faults = [f"{{at: {stage}{after}, when: {{connection: 1}}, times: 1, do: {said}}}"]
    if step == "hold":
        faults.append("{at: login, when: {user: releaser}, do: {signal: go}}")
    running = start(fakes.scenario(faults))
    check(running, stage)
    running.wait_event("fault", rule=4)
    assert running.stop() == 0, running.stdout


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    with fakes.Fake(tmp_path_factory.mktemp("healthy")) as running:
        yield running


@pytest.mark.parametrize("stage, step", CASES)
def test_red_control(start, healthy, monkeypatch, stage, step):
    """Without the fault no check passes."""
    monkeypatch.setattr(tds_client, "patience", RED_PATIENCE / 2)
    # The journal of a shared server keeps what earlier controls left there.
    before = len(healthy.events())
    monkeypatch.setattr(healthy, "events", lambda *a, **k: _later(healthy, before, *a, **k))
    must_fail(lambda: STEPS[step][1](healthy, stage))


def _later(running, before, event=None, **fields):
    found = [e for e in fakes.Fake.events(running) if e["seq"] > before]
    return [e for e in found if (event is None or e["event"] == event) and fakes.matches(e, fields)]


def test_deviation_is_an_assertion():
    """What red controls rest on."""
    assert issubclass(Deviation, AssertionError)
