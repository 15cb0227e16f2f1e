"""How a list of steps runs: scenario-language reference, rules 1 to 5."""

import select
import time

import pytest
import tds_client
import tds_messages as m
import tds_tokens as t
from story import RED_PATIENCE, must_fail, story

LONG = "{wait: 30s}"  # longer than any patience: nothing here may wait for its end


def expect_cancelled(client):
    """What ATTENTION brings during a request: the end of the answer, then the acknowledgement, as two messages."""
    ended, acknowledged = client.read_message(), client.read_message()
    assert ended.tokens[-1].name == "done"
    assert ended.tokens[-1].status & t.DONE_ERROR and not ended.tokens[-1].status & (
        t.DONE_MORE | t.DONE_ATTENTION
    )
    assert acknowledged.names == ["done"] and acknowledged.one("done").status == t.DONE_ATTENTION


# ------------------------------------------------- 1: reading never stops; messages queue; ATTENTION, FIN, RST do not


@story("{at: query, times: 1, do: {wait: 600ms}}")
def test_messages_queue_behind_a_waiting_list(fake):
    with fake.logged_in() as client:
        first = m.packets(m.SQL_BATCH, m.batch_payload("SELECT 1"))
        client.send(first + m.packets(m.SQL_BATCH, m.batch_payload("SELECT other")))
        assert client.read_message().rows == [[1]]
        assert client.read_message().errors
    fake.wait_event("closed")
    fault = fake.wait_event("fault")
    read = fake.wait_event("received", sql="SELECT other")
    answered = [e for e in fake.events("sent") if e["seq"] > fault["seq"]]
    assert read["seq"] < answered[0]["seq"], (
        "the second request is journalled when read, while the first waits"
    )
    assert answered[0]["t"] - fake.events("received", sql="SELECT 1")[0]["t"] >= 0.6


@story(f"{{at: query, do: {LONG}}}")
def test_attention_during_a_wait_is_answered_at_once_with_two_messages(fake):
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.expect_silence(0.1)
        client.send_attention()
        expect_cancelled(client)
        client.send_rpc("SELECT 1")
        client.send_attention()
        expect_cancelled(client)
        assert not client.batch("SET TEXTSIZE 1").errors, "set-up SQL is no query: served at once"


@story(f"{{at: login, do: {LONG}}}")
def test_fin_during_a_wait_is_journalled_at_once(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login()
        fake.wait_event("fault")
    closed = fake.wait_event("closed")
    assert (closed["by"], closed["how"], closed["reached"]) == ("client", "FIN", "login")


@story(f"{{at: login, do: {LONG}}}")
def test_reset_during_a_wait_is_journalled_at_once(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login()
        fake.wait_event("fault")
        client.reset()
    closed = fake.wait_event("closed")
    assert (closed["by"], closed["how"]) == ("client", "RST")


@story("{at: prelogin, do: {hold: never}}", verify=("abandoned: 1",))
def test_client_that_gives_up_on_a_hold_is_counted_as_abandoned(fake):
    with fake.connect() as client:
        client.send_prelogin()
        fake.wait_event("fault")
    assert fake.wait_event("closed")["by"] == "client"


@story("{at: query, do: {wait: 500ms}}")
def test_delay_starts_when_the_bytes_were_read(fake):
    """Two connections, the same wait, started 250 ms apart, answered 250 ms apart: the waits overlap."""
    with fake.logged_in() as one, fake.logged_in() as two:
        began = time.monotonic()
        one.send_batch("SELECT 1")
        two.send_batch("SELECT 1")
        assert one.read_message().rows == two.read_message().rows == [[1]]
        took = time.monotonic() - began
        assert took >= 0.5
    fake.wait_event("closed", 2)
    read = {e["connection"]: e["t"] for e in fake.events("received", sql="SELECT 1")}
    sent = {e["connection"]: e["t"] for e in fake.events("sent")}
    assert all(0.5 <= sent[c] - read[c] < 0.95 for c in read), (
        "each waits its own 500 ms, not one after the other"
    )


# ----------------------------------------------------- 2: the healthy reply to ATTENTION cancels the running list


@story(
    "{at: query, do: [wait: 400ms, reset]}",
    red=("{at: query, do: [wait: 400ms, reset]}", "{at: attention, do: ignore}"),
)
def test_attention_cancels_the_list(fake):
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        fake.wait_event("fault")
        client.send_attention()
        expect_cancelled(client)
        client.expect_silence(0.7)


@story(
    "{at: query, do: {wait: 400ms}}", "{at: attention, do: ignore}", red=("{at: query, do: {wait: 400ms}}",)
)
def test_fault_at_attention_without_reply_lets_the_list_run_on(fake):
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.send_attention()
        assert client.read_message().rows == [[1]]
        client.expect_silence(0.2)


@story("{at: query, times: 1, do: {wait: 30s}}", "{at: attention, do: {wait: 400ms}}")
def test_wait_at_attention_delays_the_acknowledgement(fake):
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.send_attention()
        client.expect_silence(0.2)
        expect_cancelled(client)


# --------------------------------------------------------------------- 3: what follows a list that does not answer


@story("{at: login, do: {error: 18456}}")
def test_failed_login_is_followed_by_fin(fake):
    with fake.connect() as client:
        client.prelogin()
        answer = client.login(user="ann")
        assert answer.names == ["error", "done"]
        assert answer.one("error").message == "Login failed for user 'ann'."
        assert answer.one("error").severity == 14
        assert answer.one("done").status == t.DONE_ERROR
        client.expect_end("FIN")
        client.expect_send_fails()
    closed = fake.wait_event("closed")
    assert (closed["by"], closed["how"]) == ("server", "FIN")


@story(
    "{at: query, do: {error: {number: 50020, class: 20, message: fatal}}}",
    red=("{at: query, do: {error: {number: 50020, class: 16, message: not fatal}}}",),
)
def test_class_20_is_followed_by_fin(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").errors == [50020]
        client.expect_end("FIN")


@story(
    "{at: query, do: {error: {number: 50019, class: 19, message: severe}}}",
    red=("{at: query, do: {error: {number: 50019, class: 20, message: fatal}}}",),
)
def test_class_19_keeps_the_connection(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").errors == [50019]
        client.expect_silence(0.2)
        assert client.batch("SELECT 1").errors == [50019]


@story("{at: login, do: [error: 18456, stay]}", red=("{at: login, do: {error: 18456}}",))
def test_stay_keeps_a_failed_login_open(fake):
    with fake.connect() as client:
        client.prelogin()
        assert client.login().errors == [18456]
        client.expect_silence(0.3)
        client.expect_send_works(0.2)


@story(
    "{at: query, do: [error: {number: 50020, class: 20, message: fatal}, stay]}",
    red=("{at: query, do: {error: {number: 50020, class: 20, message: fatal}}}",),
)
def test_stay_keeps_class_20_open(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").errors == [50020]
        assert client.batch("SELECT 1").errors == [50020]


@story("{at: login, do: [wait: 200ms, error: 40613, close]}")
def test_explicit_close_after_a_failed_login_stays_valid(fake):
    with fake.connect() as client:
        client.prelogin()
        assert client.login().errors == [40613]
        client.expect_end("FIN")


@story("{at: login, do: {error: 40613}}", red=("{at: login, do: {error: 18456}}",))
def test_catalogue_fills_the_error_and_names_what_was_asked_for(fake):
    with fake.connect() as client:
        client.prelogin()
        error = client.login(database="orders", server="srv7").one("error")
        assert error.number == 40613 and error.severity == 17
        assert "'orders'" in error.message and "srv7" in error.message


# ---------------------------------------------------- 4: after the answer the rest runs beside the conversation


@story("{at: login, do: [reply, wait: 700ms, reset]}")
def test_rest_runs_beside_the_conversation(fake):
    with fake.connect() as client:
        client.prelogin()
        began = time.monotonic()
        assert client.login().logged_in
        assert client.batch("SELECT 1").rows == [[1]], "served in between"
        client.expect_end("RST")
        assert time.monotonic() - began >= 0.7


@story("{at: query, times: 1, do: [reply, wait: 300ms, send: {hex: aa bb}]}")
def test_send_beside_the_conversation(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").rows == [[1]]
        assert client.batch("SELECT 1").rows == [[1]]
        assert client.read_exactly(2) == b"\xaa\xbb"


@story(
    "{at: login, do: [reply, wait: 400ms, signal: late]}",
    "{at: query, since: late, do: {error: {number: 50001, message: scripted}}}",
)
def test_server_steps_outlive_the_connection(fake):
    with fake.connect() as client:
        client.prelogin()
        assert client.login().logged_in
        assert client.batch("SELECT 1").rows == [[1]]
    assert fake.wait_event("closed")["t"] < fake.wait_event("signal", name="late")["t"]
    with fake.connect() as client:
        client.prelogin()
        assert client.login().logged_in
        assert client.batch("SELECT 1").errors == [50001]


@story("{at: login, do: [wait: 400ms, gate: refuse]}")
def test_unanswered_list_goes_on_for_its_server_steps_when_the_client_leaves(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login()
        fake.wait_event("fault")
    fake.wait_event("closed")
    gate = fake.wait_event("gate", mode="refuse")
    assert gate["t"] - fake.events("fault")[0]["t"] >= 0.4


# --------------------------------------------------------- 5: FIN, RST, silence come after what was sent before

BIG = 3_000_000


@pytest.fixture
def big_file(tmp_path):
    path = tmp_path / "run0" / "big.bin"
    path.parent.mkdir()
    path.write_bytes(bytes(range(256)) * (BIG // 256) + bytes(BIG % 256))


def read_slowly(client, count):
    """Reads `count` bytes in small bites, so that most of them are still with the server when it wants to end."""
    got = 0
    while got < count:
        piece = client.read_exactly(min(65536, count - got))
        got += len(piece)
        if got < 1_000_000:
            time.sleep(0.01)


@pytest.mark.usefixtures("big_file")
@pytest.mark.parametrize("ending, how", [("reset", "RST"), ("close", "FIN"), ("half-close", "FIN")])
def test_endings_lose_no_acknowledged_data(start, ending, how):
    fake = start(
        f"tdsfake: 1\nserver: {{faults: [{{at: query, do: [send: {{file: big.bin}}, {ending}]}}]}}\n"
    )
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        read_slowly(client, BIG)
        client.expect_end(how)


@pytest.mark.usefixtures("big_file")
def test_red_control_without_an_ending(start, monkeypatch):
    fake = start("tdsfake: 1\nserver: {faults: [{at: query, do: {send: {file: big.bin}}}]}\n")
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        read_slowly(client, BIG)
        monkeypatch.setattr(tds_client, "patience", RED_PATIENCE)
        must_fail(lambda: client.expect_end("FIN"))
        must_fail(client.expect_vanished)


@pytest.mark.usefixtures("big_file")
def test_vanish_comes_after_the_data(start):
    fake = start("tdsfake: 1\nserver: {faults: [{at: query, do: [send: {file: big.bin}, vanish]}]}\n")
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        read_slowly(client, BIG)
        client.expect_vanished()


@pytest.mark.usefixtures("big_file")
def test_a_client_that_does_not_read_delays_an_ending_by_5_s_at_most(start):
    fake = start("tdsfake: 1\nserver: {faults: [{at: query, do: [send: {file: big.bin}, reset]}]}\n")
    with fake.connect(receive_buffer=4096) as client:
        client.enter()
        began = time.monotonic()
        client.send_batch("SELECT 1")
        gone = select.poll()
        gone.register(client.sock, 0)  # an RST is told as POLLERR, whatever is left to read
        assert gone.poll(tds_client.patience * 1000), "never reset"
        assert 4.5 <= time.monotonic() - began < 12
