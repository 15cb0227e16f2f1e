"""How a connection ends on the wire: FIN, RST, half a close, or nothing at all any more."""

import time

import fake as fakes
import pytest
import tds_client
import tds_messages as m
from capture import ACK, FIN, RST, Conversation, until
from story import must_fail

QUERY = "{{at: query, times: 1, do: {}}}"


def ask(start, steps, server=""):
    """A server with these steps at its first query, and a client that has sent one."""
    fake = start(fakes.scenario([QUERY.format(steps)] if steps else [], server=server))
    client = fake.logged_in()
    client.send_batch("SELECT 1")
    return fake, client


def seen(capture, fake, client):
    return Conversation(capture, fake.port, client.port)


def expect_close(capture, fake, client):
    client.expect_end("FIN")
    wire = seen(capture, fake, client)
    assert [s for s in wire.server if s.has(FIN)], str(wire)
    assert not [s for s in wire.all if s.has(RST)], f"no RST with the FIN:\n{wire}"
    client.expect_send_fails()
    wire = seen(capture, fake, client)
    assert [s for s in wire.server if s.has(RST)], f"bytes after a close meet RST:\n{wire}"


def expect_reset(capture, fake, client):
    client.expect_end("RST")
    wire = seen(capture, fake, client)
    assert [s for s in wire.server if s.has(RST)], str(wire)
    assert not [s for s in wire.server if s.has(FIN)], f"no FIN before the RST:\n{wire}"


def expect_half_close(capture, fake, client):
    client.expect_end("FIN")
    for _ in range(3):
        client.send(client.harmless())
        client.expect_acknowledged()
    wire = seen(capture, fake, client)
    fin = [s for s in wire.server if s.has(FIN)][0]
    late = [s for s in wire.client if s.payload and s.t > fin.t]
    acked = [s for s in wire.server if s.t > late[-1].t - 1e-6 and s.has(ACK)]
    assert len(late) >= 3 and acked, str(wire)
    assert acked[-1].ack == (late[-1].seq + len(late[-1].payload)) & 0xFFFFFFFF
    assert not [s for s in wire.all if s.has(RST)], str(wire)


def expect_vanished(capture, fake, client):
    """Whatever the client sends, and however often its kernel sends it again: nothing comes back."""
    client.expect_vanished()
    wire = seen(capture, fake, client)
    silent_from = max(s.t for s in wire.server)
    client.send(client.harmless())
    deadline = time.monotonic() + tds_client.patience

    def unanswered():
        return [s for s in seen(capture, fake, client).client if s.payload and s.t > silent_from]

    while len(unanswered()) < 3:
        assert time.monotonic() < deadline, "the client's kernel does not send again: it was acknowledged"
    wire = seen(capture, fake, client)
    after = [s for s in wire.server if s.t > silent_from]
    assert not after, f"{len(after)} packets from a vanished server:\n{wire}"


ENDINGS = {
    "close": expect_close,
    "reset": expect_reset,
    "half-close": expect_half_close,
    "vanish": expect_vanished,
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_ending(capture, start, ending):
    fake, client = ask(start, ending)
    with client:
        ENDINGS[ending](capture, fake, client)


@pytest.mark.parametrize("ending, instead", [(e, i) for e in ENDINGS for i in (None, *ENDINGS) if e != i])
def test_red_control(capture, start, monkeypatch, ending, instead):
    """No ending passes for another, nor does none."""
    monkeypatch.setattr(tds_client, "patience", 0.5)
    fake, client = ask(start, instead)
    with client:
        must_fail(lambda: ENDINGS[ending](capture, fake, client), tries=1)


def test_vanished_server_sends_nothing_again_and_nothing_new(capture, start):
    """An answer that falls due while the server is away does not leave it either."""
    fake, client = ask(start, "[{vanish: {for: 1h}}, wait: 100ms, reply]")
    with client:
        fake.wait_event("fault")
        client.expect_vanished()
        wire = seen(capture, fake, client)
        request = [s for s in wire.client if s.payload][2]
        assert not [s for s in wire.server if s.payload and s.t > request.t], f"no answer may leave:\n{wire}"


def test_vanish_acknowledges_the_request_that_caused_it(capture, start):
    """Silence comes after what was before it: the client does not send the request again."""
    fake, client = ask(start, "vanish")
    with client:
        fake.wait_event("fault")
        client.expect_acknowledged()


def test_vanish_heals_and_the_clients_retransmit_is_acknowledged(capture, start):
    fake, client = ask(start, "[{vanish: {for: 1s}}, reply]")
    with client:
        fake.wait_event("fault")
        client.expect_vanished()
        client.expect_acknowledged()
        wire = seen(capture, fake, client)
        probe = [s for s in wire.client if s.payload][-1]
        sent = [s for s in wire.client if s.payload and s.seq == probe.seq]
        acked = [
            s for s in wire.server if s.has(ACK) and s.ack == (probe.seq + len(probe.payload)) & 0xFFFFFFFF
        ]
        assert len(sent) >= 2 and acked, f"sent once and again, then acknowledged:\n{wire}"
        assert acked[0].t - sent[0].t > 0.15
        assert client.read_message().rows == [[1]]


def test_client_that_leaves_a_vanished_server_gets_no_answer_to_its_fin(capture, start):
    fake, client = ask(start, "vanish")
    with client:
        fake.wait_event("step", step="vanish")
        client.expect_acknowledged()
        silent_from = max(s.t for s in seen(capture, fake, client).server)
        client.half_close()
        until(lambda: [s for s in seen(capture, fake, client).client if s.has(FIN)], tds_client.patience)
        wire = seen(capture, fake, client)
        assert not [s for s in wire.server if s.t > silent_from], str(wire)


def test_closed_before_its_first_message_that_message_meets_no_reset(capture, start):
    """Whether it left before or after the FIN is a race, which FreeTDS tells apart (20017, or nothing but 20002)."""
    fake = start(fakes.scenario(["{at: connect, do: close}"]))
    with fake.connect() as client:
        client.expect_end("FIN")
        fake.wait_event("closed", by="server", how="FIN")
        client.send(client.harmless())
        client.expect_acknowledged()
        wire = seen(capture, fake, client)
        assert [s for s in wire.client if s.payload] and not [s for s in wire.all if s.has(RST)], str(wire)
        client.expect_send_fails()  # a second later the socket is gone
        assert [s for s in seen(capture, fake, client).server if s.has(RST)]


def test_red_control_closed_after_its_first_message(capture, start):
    fake = start(fakes.scenario(["{at: prelogin, do: close}"]))
    with fake.connect() as client:
        client.send_prelogin()
        expect_close(capture, fake, client)


def test_failed_login_ends_with_fin(capture, start):
    fake = start(fakes.scenario(["{at: login, do: {error: 18456}}"]))
    with fake.connect() as client:
        client.prelogin()
        assert client.login().errors == [18456]
        client.expect_end("FIN")
        wire = seen(capture, fake, client)
    assert [s for s in wire.server if s.has(FIN)] and not [s for s in wire.server if s.has(RST)], str(wire)


def test_healthy_close_is_fin_for_fin(capture, start):
    fake = start()
    with fake.logged_in() as client:
        client.half_close()
        client.expect_end("FIN")
        wire = seen(capture, fake, client)
    assert len([s for s in wire.server if s.has(FIN)]) >= 1 and not [s for s in wire.all if s.has(RST)], str(
        wire
    )


def test_reset_while_a_bulk_load_is_written(capture, start):
    """RST in the middle of the upload: it answers bytes, and more were on their way (FreeTDS/freetds#70)."""
    fake = start(fakes.scenario(["{at: bulk, after: 64KiB, do: reset}"]))
    with fake.logged_in() as client:
        piece = m.packet(m.BULK, bytes(4088), status=0)
        sent = 0
        with pytest.raises(OSError):
            while sent < 64 * len(piece) * 16:
                client.send(piece)
                sent += len(piece)
        wire = seen(capture, fake, client)
    (reset,) = [s for s in wire.server if s.has(RST)][:1]
    before = sum(len(s.payload) for s in wire.client if s.t <= reset.t)
    assert before >= 64 * 1024 and not [s for s in wire.server if s.has(FIN)], str(wire)[-2000:]


def test_red_control_a_bulk_load_below_that_size_is_not_reset(capture, start):
    fake = start(fakes.scenario(["{at: bulk, after: 64KiB, unused: allowed, do: reset}"]))
    with fake.logged_in() as client:
        for _ in range(8):
            client.send(m.packet(m.BULK, bytes(4088), status=0))
        client.expect_acknowledged()
        assert not [s for s in seen(capture, fake, client).server if s.has(RST)]
