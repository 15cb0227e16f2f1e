"""Every shape on the wire: what is captured is the healthy answer, changed in exactly the way that was said.

Times are judged on the wire: never shorter than said, and longer only by what a loaded machine can take.
"""

import statistics

import fake as fakes
import pytest
from capture import Conversation
from story import must_fail

ROWS = "queries: [{match: t, columns: {id: int not null}, rows: [[1], [2], [3]]}]"
DONE = 13  # bytes
ROW = 5
LATE = 1.5  # seconds


def answer(capture, start, do):
    """All bytes that the server sent after the query, the TCP segments they came in, and the moment of the query. The
    list ends with `close`."""
    fake = start(fakes.scenario([f"{{at: query, do: {do}}}"], server=ROWS))
    with fake.logged_in() as client:
        client.send_batch("t")
        client.read_to_end()
        wire = Conversation(capture, fake.port, client.port)
    request = [s for s in wire.client if s.payload][-1]
    segments = [s for s in wire.data() if s.t >= request.t]
    return b"".join(s.payload for s in segments), segments, request.t


def healthy(capture, start):
    return answer(capture, start, "[reply, close]")[0]


def shaped(capture, start, shape):
    return answer(capture, start, f"[{{reply: healthy, {shape}}}, close]")[0]


def packets(data):
    out = []
    while data:
        length = int.from_bytes(data[2:4], "big")
        out.append(data[:length])
        data = data[length:]
    return out


def payload(data):
    return b"".join(p[8:] for p in packets(data))


def expect_payload(capture, start, shape, expected):
    assert payload(shaped(capture, start, shape)) == expected(payload(healthy(capture, start)))


@pytest.mark.parametrize(
    "shape, expected",
    [
        ("without: [done]", lambda p: p[:-DONE]),
        ("without: [row.2]", lambda p: p[: -DONE - 2 * ROW] + p[-DONE - ROW :]),
        ("insert: {done: [raw: aabb]}", lambda p: p[:-DONE] + b"\xaa\xbb" + p[-DONE:]),
        ("packet-size: 12", lambda p: p),
        ("packets: [20, done]", lambda p: p),
        ("overwrite: {done: 00 11}", lambda p: p[:-DONE] + b"\x00\x11" + p[-DONE + 2 :]),
    ],
)
def test_the_payload_is_exactly_that(capture, start, shape, expected):
    expect_payload(capture, start, shape, expected)


def test_red_control_a_payload_that_no_shape_changes(capture, start):
    must_fail(lambda: expect_payload(capture, start, "eom: yes", lambda p: p[:-DONE]))


@pytest.mark.parametrize(
    "shape, expected",
    [
        ("packet-size: 12", lambda n: [12] * ((n - 1) // 4) + [9 + (n - 1) % 4]),
        ("packets: [20, done]", lambda n: [20, 8 + n - 12 - DONE, 8 + DONE]),
        ("eom: yes", lambda n: [8 + n]),  # red control: one packet
    ],
)
def test_packets_end_exactly_there(capture, start, shape, expected):
    data = shaped(capture, start, shape)
    seen = packets(data)
    assert [len(p) for p in seen] == expected(len(payload(data)))
    assert [p[1] for p in seen] == [0] * (len(seen) - 1) + [1]
    assert [p[6] for p in seen] == list(range(1, len(seen) + 1))


def test_eom_overwrite_cut_and_repeat(capture, start):
    h = healthy(capture, start)
    assert h[1] == 1, "red control"
    assert shaped(capture, start, "eom: no") == h[:1] + b"\0" + h[2:]
    assert shaped(capture, start, "overwrite: {6: ff, -1: ee}") == h[:6] + b"\xff" + h[7:-1] + b"\xee"
    assert shaped(capture, start, "cut: row.2+1") == h[: -DONE - 2 * ROW + 1]
    assert shaped(capture, start, "repeat: 3") == h * 3
    assert shaped(capture, start, "cut: 9, repeat: 2") == h[:9] * 2


def cancelled(capture, start, acknowledgement):
    """The segments that follow an ATTENTION: its acknowledgement, and a result that comes too late."""
    late = "tokens: [colmetadata: {columns: {a: int not null}}, row: [7], done]"
    fake = start(
        fakes.scenario(["{at: query, do: ignore}", f"{{at: attention, do: [{acknowledgement}, {late}, close]}}"])
    )
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        fake.wait_event("received", sql="SELECT 1")
        client.send_attention()
        client.read_to_end()
        wire = Conversation(capture, fake.port, client.port)
    attention = [s for s in wire.client if s.payload][-1]
    return [s.payload for s in wire.data() if s.t >= attention.t]


def test_the_acknowledgement_and_late_rows_in_one_segment(capture, start):
    (segment,) = cancelled(capture, start, "reply")
    messages = packets(segment)
    assert len(messages) >= 2, segment.hex(" ")
    assert messages[-2][-DONE + 1] == 0x20 and messages[-1][8] == 0x81


def test_red_control_the_end_of_a_segment_separates(capture, start):
    segments = cancelled(capture, start, "{reply: healthy, segments: [end]}")
    assert len(segments) >= 2 and segments[-1][8] == 0x81


@pytest.mark.exact
@pytest.mark.parametrize(
    "shape, pauses",
    [
        ("segments: [8, 150ms, done]", [0.150]),
        ("segments: [8, 60ms, 20, 120ms, done]", [0.060, 0.120]),
    ],
)
def test_pauses_are_never_shorter_than_said(capture, start, shape, pauses):
    _, segments, _ = answer(capture, start, f"[{{reply: healthy, {shape}}}, close]")
    gaps = [b.t - a.t for a, b in zip(segments, segments[1:])]
    assert len(gaps) > len(pauses)
    for wanted, seen in zip(pauses, gaps):
        assert wanted - 0.002 <= seen < wanted + LATE, gaps


@pytest.mark.exact
def test_pace_is_never_faster_than_said(capture, start):
    _, segments, _ = answer(capture, start, "[{reply: healthy, pace: {bytes: 4, every: 15ms}}, close]")
    assert {len(s.payload) for s in segments[:-1]} == {4}
    gaps = [b.t - a.t for a, b in zip(segments, segments[1:])]
    assert 0.012 <= statistics.median(gaps) < LATE, gaps
    assert segments[-1].t - segments[0].t >= 0.015 * len(gaps) - 0.005


@pytest.mark.exact
@pytest.mark.parametrize("wanted", [0.05, 0.25])
def test_wait_is_never_shorter_than_said(capture, start, wanted):
    _, segments, asked = answer(capture, start, f"[wait: {int(wanted * 1000)}ms, reply, close]")
    assert wanted - 0.002 <= segments[0].t - asked < wanted + LATE
