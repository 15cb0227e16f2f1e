"""What the steps and shapes of TLS leave on the wire: the headers of records stand there in clear."""

import fake as fakes
import pytest
import tds_messages as m
from capture import FIN, Conversation

ALERT, DATA = 21, 23
OVERHEAD = 24  # of a record of TLS 1.2 with AES-GCM: nonce and tag


def answer(capture, start, do):
    """The records, (type, bytes of content and overhead), that answer a query, and whether FIN came behind them."""
    fake = start(fakes.scenario([f"{{at: query, do: {do}}}"]))
    with fake.connect() as client:
        client.prelogin(encryption=m.ENCRYPT_ON)
        client.start_tls(max="1.2")
        assert client.login().logged_in
        client.send_batch("SELECT 1")
        fake.wait_event("closed")
        wire = Conversation(capture, fake.port, client.port)
    request = [s for s in wire.client if s.payload][-1]
    data = b"".join(s.payload for s in wire.data() if s.t >= request.t)
    records = []
    while data:
        length = int.from_bytes(data[3:5], "big")
        records.append((data[0], length))
        data = data[5 + length :]
    return records, any(s.has(FIN) for s in wire.server)


def test_a_close_says_goodbye(capture, start):
    records, fin = answer(capture, start, "[reply, close]")
    assert [kind for kind, _ in records] == [DATA, ALERT] and records[-1][1] == OVERHEAD + 2 and fin


def test_no_goodbye(capture, start):
    records, fin = answer(capture, start, "[reply, close: {close-notify: no}]")
    assert [kind for kind, _ in records] == [DATA] and fin


@pytest.mark.parametrize("size", [1, 10])
def test_records_hold_as_much_as_is_said(capture, start, size):
    (whole,), _ = answer(capture, start, "[reply, close: {close-notify: no}]")
    records, _ = answer(capture, start, f"[{{reply: healthy, record-size: {size}}}, close: {{close-notify: no}}]")
    held = [length - OVERHEAD for _, length in records]
    assert held[:-1] == [size] * (len(held) - 1) and 0 < held[-1] <= size
    assert sum(held) == whole[1] - OVERHEAD


def test_an_alert_in_the_place_of_an_answer(capture, start):
    records, fin = answer(capture, start, "[send: {alert: internal-error}, close: {close-notify: no}]")
    assert records == [(ALERT, OVERHEAD + 2)] and fin


@pytest.mark.parametrize("alert, expected", [("handshake-failure", [2, 40]), ("{name: unrecognized-name, level: warning}", [1, 112])])
def test_an_alert_in_the_place_of_a_flight(capture, start, alert, expected):
    """In clear, and inside a PRELOGIN packet as the flight would be."""
    fake = start(fakes.scenario([f"{{at: tls, do: [reply: {{alert: {alert}}}, close]}}"]))
    with fake.connect() as client:
        client.prelogin(encryption=m.ENCRYPT_ON)
        with pytest.raises(Exception):  # noqa: B017: whatever the client makes of it
            client.start_tls(max="1.2")
        fake.wait_event("closed")
        wire = Conversation(capture, fake.port, client.port)
    last = [s.payload for s in wire.data()][-1]
    assert last[0] == m.PRELOGIN and last[8] == ALERT and list(last[13:]) == expected
