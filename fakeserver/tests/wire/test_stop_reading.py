"""`stop-reading` on the wire: the server goes on acknowledging until its window is shut, and opens it when it heals."""

import socket

import fake as fakes
import tds_client
import tds_messages as messages
from capture import ACK, FIN, RST, Conversation, until
from story import must_fail


def stuff(client, seconds=1.0, most=64 << 20):
    """Sends a batch that never ends until the kernel takes no more for that long; how many bytes it took."""
    packet = messages.packet(0x01, b"-\0" * ((4096 - 8) // 2), status=0)
    client.sock.settimeout(seconds)
    sent = 0
    while sent < most:
        try:
            sent += client.sock.send(packet)
        except socket.timeout:
            break
    return sent


def expect_shut(capture, fake, client):
    most = 40 << 20
    assert stuff(client, most=most) < most, "the server still reads"

    def shut():
        wire = Conversation(capture, fake.port, client.port)
        return [s for s in wire.server if s.window == 0 and s.has(ACK) and not s.has(RST)]

    until(shut, tds_client.patience, "the server announces no window of 0")
    wire = Conversation(capture, fake.port, client.port)
    assert not [s for s in wire.server if s.has(FIN) or s.has(RST)], "it has only stopped reading"


def asked(start, faults):
    fake = start(fakes.scenario(faults))
    client = fake.logged_in()
    assert client.batch("SELECT 1").rows == [[1]]
    return fake, client


def test_the_window_closes(capture, start):
    fake, client = asked(start, ["{at: query, times: 1, do: [reply, stop-reading]}"])
    with client:
        expect_shut(capture, fake, client)


def test_red_control(capture, start):
    fake, client = asked(start, [])
    with client:
        must_fail(lambda: expect_shut(capture, fake, client), tries=1)


def test_it_opens_again(capture, start):
    fake, client = asked(start, ["{at: query, times: 1, do: [reply, stop-reading: {for: 3s}]}"])
    with client:
        expect_shut(capture, fake, client)
        shut_at = max(s.t for s in Conversation(capture, fake.port, client.port).server if s.window == 0)

        def opened():
            wire = Conversation(capture, fake.port, client.port)
            return [s for s in wire.server if s.t > shut_at and s.window > 0 and s.has(ACK)]

        until(opened, tds_client.patience, "the window never opens again")
