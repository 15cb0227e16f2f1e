"""Segments, pace, waits and silences as they arrive. Never early; late by what a loaded machine can take."""

import statistics

import fake as fakes
import pytest
from capture import Conversation
from story import must_fail

ROWS = "queries: [{match: SELECT t, columns: {a: nvarchar(100)}, rows: [[" + "x" * 90 + "], [y], [z]]}]"

LATE = 1.5  # seconds

pytestmark = pytest.mark.exact


def answer_segments(capture, start, shape, sql="SELECT t"):
    """The answer to one query, as TCP segments, and the message as the client read it."""
    do = f"do: {{reply: healthy, {shape}}}" if shape else None
    fake = start(fakes.scenario([f"{{at: query, {do}}}"] if do else [], server=ROWS))
    with fake.logged_in() as client:
        client.send_batch(sql)
        message = client.read_message()
        wire = Conversation(capture, fake.port, client.port)
    request = [s for s in wire.client if s.payload][-1]
    segments = [s for s in wire.data() if s.t >= request.t]
    assert sum(len(s.payload) for s in segments) == 8 + len(message.payload), str(wire)
    return request, segments, message


def sizes(segments):
    return [len(s.payload) for s in segments]


def token_at(message, name, number=1):
    return 8 + message.all(name)[number - 1].offset


@pytest.mark.parametrize(
    "shape, borders",
    [
        ("segments: [8]", lambda m: [8]),
        ("segments: [1, 2, 3]", lambda m: [1, 2, 3]),
        (
            "segments: [8, row, row.2, done]",
            lambda m: [8, token_at(m, "row"), token_at(m, "row", 2), token_at(m, "done")],
        ),
        ("segments: [-1]", lambda m: [7 + len(m.payload)]),
        ("segments: [" + ", ".join(map(str, range(1, 44))) + "]", lambda m: list(range(1, 44))),
        ("segments: [8, 50ms, done, 50ms]", lambda m: [8, token_at(m, "done")]),
    ],
)
def test_segments_end_exactly_there(capture, start, shape, borders):
    _, segments, message = answer_segments(capture, start, shape)
    expected = borders(message)
    ends = [sum(sizes(segments)[: i + 1]) for i in range(len(segments))]
    assert ends == [*expected, 8 + len(message.payload)]


def test_red_control_a_healthy_answer_is_one_segment(capture, start):
    _, segments, _ = answer_segments(capture, start, None)
    assert len(segments) == 1
    must_fail(
        lambda: test_segments_end_exactly_there(
            capture, start, "pace: {bytes: 4000, every: 1ms}", lambda m: [8]
        )
    )


def test_segments_pause_at_the_receiver(capture, start):
    _, segments, _ = answer_segments(capture, start, "segments: [8, 200ms, done, 100ms]")
    gaps = [b.t - a.t for a, b in zip(segments, segments[1:])]
    assert len(gaps) == 2 and 0.19 <= gaps[0] < LATE and 0.09 <= gaps[1] < LATE, gaps


def expect_pace(capture, start, shape, size, every):
    _, segments, message = answer_segments(capture, start, shape)
    total = 8 + len(message.payload)
    assert sizes(segments) == [size] * (total // size) + ([total % size] if total % size else [])
    gaps = [b.t - a.t for a, b in zip(segments, segments[1:])]
    assert every * 0.8 <= statistics.median(gaps) < LATE, gaps
    assert sum(gaps) >= every * len(gaps) * 0.95, "a late piece does not make the pace faster than said"


def test_pace(capture, start):
    expect_pace(capture, start, "pace: {bytes: 10, every: 20ms}", 10, 0.02)


def test_red_control_pace(capture, start):
    must_fail(lambda: expect_pace(capture, start, None, 10, 0.02))


def test_pace_after_the_last_segment(capture, start):
    _, segments, message = answer_segments(
        capture, start, "segments: [8, row], pace: {bytes: 50, every: 5ms}"
    )
    row = token_at(message, "row")
    rest = 8 + len(message.payload) - row
    assert sizes(segments) == [8, row - 8] + [50] * (rest // 50) + ([rest % 50] if rest % 50 else [])


def waited(capture, start, faults):
    fake = start(fakes.scenario(faults))
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        assert client.read_message().rows == [[1]]
        wire = Conversation(capture, fake.port, client.port)
    request = [s for s in wire.client if s.payload][-1]
    return [s for s in wire.data() if s.t > request.t][0].t - request.t


def test_wait_at_the_receiver(capture, start):
    assert 0.299 <= waited(capture, start, ["{at: query, do: {wait: 300ms}}"]) < LATE


def test_wait_drawn_from_a_range(capture, start):
    assert 0.199 <= waited(capture, start, ["{at: query, do: {wait: 200ms..400ms}}"]) < LATE


def test_red_control_no_wait(capture, start):
    must_fail(lambda: _at_least(waited(capture, start, []), 0.299))


def _at_least(value, least):
    assert value >= least


@pytest.mark.parametrize("do", ["stall", "ignore", "{hold: never}"])
def test_silence_that_is_acknowledged(capture, start, do):
    """The server's TCP is there; nothing comes from it but acknowledgements. After `ignore` the next answer does."""
    fake = start(fakes.scenario([f"{{at: query, times: 1, do: {do}}}"]))
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.expect_acknowledged()
        client.expect_silence(0.2)
        wire = Conversation(capture, fake.port, client.port)
        request = [s for s in wire.client if s.payload][-1]
        after = [s for s in wire.server if s.t > request.t]
        assert after and not [s for s in after if s.payload], str(wire)
        if do == "ignore":
            client.send_batch("SELECT 1")
            assert client.read_message().rows == [[1]]


def test_red_control_a_healthy_server_is_not_silent(capture, start):
    with pytest.raises(AssertionError):
        test_silence_that_is_acknowledged(capture, start, "reply")
