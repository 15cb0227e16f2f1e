"""`send: {smp}`: packets of SMP on the wire, as they are said to be."""

import struct

import fake as fakes
import pytest
import tds_messages as m
from capture import Conversation

HEADER = struct.Struct("<BBHIII")  # 0x53, flags, session, length, number, window
SYN, ACK, FIN, DATA = 1, 2, 4, 8


def packets(data):
    while data:
        _, flag, session, length, number, window = HEADER.unpack_from(data)
        yield flag, session, length, number, window, data[HEADER.size : length]
        data = data[length:]


def answer(capture, start, do):
    """What the server sends behind the login answer to a session's SYN and query: SMP packets."""
    fake = start(fakes.scenario([f"{{at: query, do: {do}}}"]))
    with fake.connect() as client:
        client.prelogin(mars=1)
        assert client.login().logged_in
        batch = m.packets(m.SQL_BATCH, m.batch_payload("SELECT 1", client.tds, 0))
        client.send(HEADER.pack(0x53, SYN, 0, HEADER.size, 0, 4))
        client.send(HEADER.pack(0x53, DATA, 0, HEADER.size + len(batch), 1, 4) + batch)
        fake.wait_event("closed")
        wire = Conversation(capture, fake.port, client.port)
    syn = [s for s in wire.client if s.payload[:2] == bytes([0x53, SYN])][0]
    return list(packets(b"".join(s.payload for s in wire.data() if s.t >= syn.t)))


def test_the_healthy_answer_is_data_of_the_session(capture, start):
    seen = answer(capture, start, "[reply, close]")
    assert [(flag, session, number) for flag, session, _, number, _, _ in seen if flag == DATA] == [(DATA, 0, 1)]
    assert not [one for one in seen if one[0] == FIN], "red control"


@pytest.mark.parametrize(
    "said, expected",
    [
        ("{flag: fin}", (FIN, 0, HEADER.size, 0, None, b"")),
        ("{flag: ack, window: 9}", (ACK, 0, HEADER.size, 0, 9, b"")),
        ("{flag: syn, session: 7}", (SYN, 7, HEADER.size, 0, None, b"")),
        ("{flag: data, seq: 5, payload: aabb}", (DATA, 0, HEADER.size + 2, 5, None, b"\xaa\xbb")),
        ("{flag: 64, session: 3, seq: 2, window: 1}", (64, 3, HEADER.size, 2, 1, b"")),
    ],
)
def test_a_packet_as_it_is_said(capture, start, said, expected):
    seen = answer(capture, start, f"[send: {{smp: {said}}}, close]")
    last = seen[-1]
    assert all(wanted is None or wanted == found for wanted, found in zip(expected, last)), seen
