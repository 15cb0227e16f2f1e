"""Refused, dropped, let in: what answers a SYN."""

import socket

import fake as fakes
import pytest
from capture import ACK, FIN, RST, SYN, Conversation
from story import must_fail

BOTH = 'listen: [127.0.0.1, "[::1]"]'


def knock(address, timeout=2.5):
    """One connect; the port it came from and what the socket says."""
    with socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as sock:
        sock.bind((address[0], 0))
        sock.settimeout(timeout)
        try:
            sock.connect(address)
            said = "in"
        except ConnectionRefusedError:
            said = "refused"
        except TimeoutError:
            said = "silence"
        return sock.getsockname()[1], said


def expect_refused(capture, address):
    client, said = knock(address)
    seen = Conversation(capture, address[1], client)
    assert said == "refused", str(seen)
    assert [s.flags for s in seen.all] == [SYN | (s.flags & 0xC0) for s in seen.client] + [RST | ACK], str(
        seen
    )
    assert seen.server[0].ack == (seen.client[0].seq + 1) & 0xFFFFFFFF, (
        "the RST acknowledges the SYN: it answers it"
    )


def expect_dropped(capture, address):
    client, said = knock(address, 1.6)
    seen = Conversation(capture, address[1], client)
    assert said == "silence", str(seen)
    assert not seen.server, f"nothing may answer:\n{seen}"
    assert len(seen.client) >= 2 and all(s.has(SYN) for s in seen.client), (
        "the client's kernel asks again after 1 s"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_refused_is_a_rst_that_answers_the_syn(capture, start, host):
    fake = start(fakes.scenario(gate="refuse", server=BOTH))
    for _ in range(3):
        expect_refused(capture, (host, fake.port))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_counted_refusal_looks_the_same(capture, start, host):
    fake = start(fakes.scenario(gate="[refuse: {attempts: 2}, accept]", server=BOTH))
    expect_refused(capture, (host, fake.port))
    expect_refused(capture, (host, fake.port))
    client, said = knock((host, fake.port))
    assert said == "in"
    assert [s.flags & (SYN | ACK) for s in Conversation(capture, fake.port, client).server][:1] == [SYN | ACK]


def test_refused_after_having_been_open(capture, start):
    fake = start(fakes.scenario(["{at: login, times: 1, do: {gate: refuse}}"]))
    with fake.logged_in():
        fake.wait_event("gate", mode="refuse")
        expect_refused(capture, fake.address)


@pytest.mark.parametrize("gate", ["drop", "[drop: {attempts: 1}, accept]"])
def test_dropped_is_silence(capture, start, gate):
    fake = start(fakes.scenario(gate=gate))
    expect_dropped(capture, fake.address)


def test_dropped_heals_at_a_retransmit_of_the_same_connect(capture, start):
    fake = start(fakes.scenario(gate="[drop: {for: 500ms}, accept]"))
    client, said = knock(fake.address, 20)
    seen = Conversation(capture, fake.port, client)
    assert said == "in"
    first = seen.server[0]
    assert first.has(SYN | ACK) and len([s for s in seen.client if s.has(SYN) and s.t < first.t]) >= 2


def test_red_controls_an_open_port_is_neither(capture, start):
    fake = start()
    must_fail(lambda: expect_refused(capture, fake.address))
    must_fail(lambda: expect_dropped(capture, fake.address))
    refusing = start(fakes.scenario(gate="refuse"))
    must_fail(lambda: expect_dropped(capture, refusing.address))
    dropping = start(fakes.scenario(gate="drop"))
    must_fail(lambda: expect_refused(capture, dropping.address), tries=1)


def test_connections_let_in_see_nothing_of_a_closing_gate(capture, start):
    fake = start(fakes.scenario(["{at: login, times: 1, do: {gate: refuse}}"]))
    with fake.connect() as bystander, fake.logged_in():
        fake.wait_event("gate", mode="refuse")
        seen = Conversation(capture, fake.port, bystander.port)
        assert not [s for s in seen.server if s.flags & (RST | FIN)], str(seen)
        bystander.enter()
