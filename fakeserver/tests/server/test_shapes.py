"""Shapes: cut, segments, pace, as far as a client can see them. What TCP does is proved in the wire tests."""

import time

import pytest
from story import story

ROWS = (
    "queries: [{match: SELECT t, columns: {id: int, name: nvarchar(20)}, rows: [[1, a], [2, bb], [3, ccc]]}]"
)


def sent_before_the_end(fake, sql="SELECT t"):
    with fake.logged_in() as client:
        client.send_batch(sql)
        return client.read_to_end()


def healthy_answer(fake, sql="SELECT t"):
    """The answer's bytes and, by token name and number, where each token begins in them."""
    with fake.logged_in(user="healthy") as client:
        client.send_batch(sql)
        message = client.read_message()
        assert len(message.packets) == 1
        marks, seen = {}, {}
        for token in message.tokens:
            seen[token.name] = seen.get(token.name, 0) + 1
            marks[token.name, seen[token.name]] = 8 + token.offset
        return message.payload, marks


@pytest.mark.parametrize(
    "position, where",
    [
        ("5", lambda size, marks: 5),
        ("8", lambda size, marks: 8),
        ("20", lambda size, marks: 20),
        ("-1", lambda size, marks: size - 1),
        ("-13", lambda size, marks: size - 13),
        ("done", lambda size, marks: marks["done", 1]),
        ("done-4", lambda size, marks: marks["done", 1] - 4),
        ("done+2", lambda size, marks: marks["done", 1] + 2),
        ("colmetadata", lambda size, marks: marks["colmetadata", 1]),
        ("row", lambda size, marks: marks["row", 1]),
        ("row.3", lambda size, marks: marks["row", 3]),
        ("row.2+3", lambda size, marks: marks["row", 2] + 3),
        ("row.3-1", lambda size, marks: marks["row", 3] - 1),
        ("end", lambda size, marks: size),
    ],
)
def test_cut(start, position, where):
    fake = start(f"""
tdsfake: 1
server:
  {ROWS}
  faults: [{{at: query, when: {{user: /./, connection: 2..}}, do: [{{reply: healthy, cut: {position}}}, close]}}]
""")
    payload, marks = healthy_answer(fake)
    data, how = sent_before_the_end(fake)
    assert how == "FIN"
    assert len(data) == where(8 + len(payload), marks)
    assert data[8:] == payload[: max(0, len(data) - 8)]
    if len(data) >= 4:
        assert int.from_bytes(data[2:4], "big") == 8 + len(payload), "the header tells the whole length"
    assert fake.stop() == 0


@story("{at: login, do: [{reply: healthy, cut: loginack}, reset]}")
def test_cut_login_answer_then_reset(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login()
        data, how = client.read_to_end()
        assert how == "RST"
        length = int.from_bytes(data[2:4], "big")
        assert 8 < len(data) < length and data[8] == 0xE3 and b"\xad\x36\x00\x01" not in data


@story("{at: prelogin, do: [{reply: healthy, cut: 20}, wait: 300ms, close]}")
def test_cut_is_only_this_answer(fake):
    with fake.connect() as client:
        client.send_prelogin()
        assert len(client.read_exactly(20)) == 20
        client.expect_silence(0.15)
        client.expect_end("FIN")


@story("{at: query, do: [{error: {number: 50001, message: hello}, cut: -5}, close]}")
def test_cut_of_an_error(fake):
    data, how = sent_before_the_end(fake, "SELECT 1")
    assert how == "FIN" and len(data) == int.from_bytes(data[2:4], "big") - 5
    assert data[8] == 0xAA


@story("{at: query, do: [{send: {text: hello world}, cut: 5}, close]}")
def test_cut_of_a_send(fake):
    assert sent_before_the_end(fake, "SELECT 1") == (b"hello", "FIN")


@story("{at: query, do: {reply: healthy, segments: [8, 400ms, done, 400ms]}}")
def test_segments_with_pauses(fake):
    with fake.logged_in() as client:
        began = time.monotonic()
        client.send_batch("SELECT 1")
        header = client.read_exactly(8)
        client.expect_silence(0.1)
        rest = client.read_exactly(int.from_bytes(header[2:4], "big") - 8 - 13)
        assert time.monotonic() - began >= 0.4 and rest[0] == 0x81
        client.expect_silence(0.1)
        assert client.read_exactly(13)[0] == 0xFD
        assert time.monotonic() - began >= 0.8


@story("{at: prelogin, do: {reply: healthy, pace: {bytes: 4, every: 30ms}}}")
def test_pace(fake):
    with fake.connect() as client:
        began = time.monotonic()
        client.send_prelogin()
        size = 8 + len(client.read_message().payload)
        assert time.monotonic() - began >= (size // 4 - 1) * 0.03
        assert client.login().logged_in


@story("{at: prelogin, do: {reply: healthy, segments: [10], pace: {bytes: 5, every: 50ms}}}")
def test_pace_begins_after_the_last_segment(fake):
    with fake.connect() as client:
        began = time.monotonic()
        client.send_prelogin()
        first = client.read_exactly(10)
        assert first[0] == 4
        rest = int.from_bytes(first[2:4], "big") - 10
        client.read_exactly(rest)
        assert time.monotonic() - began >= ((rest + 4) // 5 - 1) * 0.05


@story("{at: query, times: 1, do: {reply: healthy, pace: {bytes: 1, every: 20ms}}}")
def test_pace_never_blocks_reading(fake):
    with fake.logged_in() as client:
        began = time.monotonic()
        client.send_batch("SELECT 1")
        client.send_batch("SELECT other")
        read = fake.wait_event("received", sql="SELECT other")
        assert client.read_message().rows == [[1]]
        took = time.monotonic() - began
        assert client.read_message().errors
    assert read["t"] - fake.wait_event("fault")["t"] < 0.5 < took, "read while the answer was still leaving"


@story("{at: prelogin, do: {reply: {encryption: required}}}")
def test_reply_with_another_encryption(fake):
    with fake.connect() as client:
        assert client.prelogin()[1] == b"\x03"


@story("{at: prelogin, do: {reply: {mars: none, version: 8.0.194.0}}}")
def test_reply_with_an_option_left_out(fake):
    with fake.connect() as client:
        options = client.prelogin()
        assert 4 not in options and options[0][0] == 8


@story("{at: prelogin, do: {reply: {encryption: {value: off, offset: 900, length: 77}}}}")
def test_reply_that_lies(fake):
    with fake.connect() as client:
        client.send_prelogin()
        payload = client.read_message().payload
        at = payload.index(b"\x01", 5)
        assert payload[at : at + 5] == bytes([1]) + (900).to_bytes(2, "big") + (77).to_bytes(2, "big")


@story("{at: login, do: {reply: {database: elsewhere, packet-size: 512, program: Sybase}}}")
def test_login_reply_with_other_fields(fake):
    with fake.connect() as client:
        client.prelogin()
        answer = client.login(database="orders")
        changes = {c.kind: c.new for c in answer.all("envchange")}
        assert changes["database"] == "elsewhere" and changes["packet-size"] == "512"
        assert answer.one("loginack").program.rstrip("\0") == "Sybase"


@story("{at: query, do: {reply: {affected: 42}}}")
def test_result_with_another_count(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").one("done").count == 42
