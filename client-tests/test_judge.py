"""The second judge: how it takes streams apart, and that it sees what is wrong.

Its results come at the end of the session, when all drivers have spoken: judge/session.py makes a `test_second_judge` of
each driver, and of each red control here.
"""

from types import SimpleNamespace

import pytest

from driver_cases.case import Case, Mismatch
from harness.toolchains import unusable
from judge import windows
from judge.known import LIMITS, Limit
from judge.recorded import Run, conversations
from judge.streams import Piece, Reassembly, Splitter
from test_drivers import carry_out


def tds(kind, payload, status=1):
    return bytes([kind, status]) + (len(payload) + 8).to_bytes(2, "big") + bytes(4) + payload


def smp(flag, session, data=b"", sequence=0, window=0):
    numbers = [(16 + len(data), 4), (sequence, 4), (window, 4)]
    return bytes([0x53, flag]) + session.to_bytes(2, "little") + b"".join(n.to_bytes(size, "little") for n, size in numbers) + data


def record(kind, payload):
    return bytes([kind, 3, 3]) + len(payload).to_bytes(2, "big") + payload


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_is_taken_apart_wherever_it_was_cut(size):
    hello, finished, secret = record(0x16, b"h" * 300), record(0x14, b"c"), record(0x17, b"s" * 40)
    flight = hello + finished
    stream = tds(0x12, b"\0prelogin")
    # The flight in PRELOGIN packets that end anywhere, even within a record's header.
    stream += tds(0x12, flight[:2], 0) + tds(0x12, flight[2:303], 0) + tds(0x12, flight[303:]) + secret + tds(4, b"clear")
    stream += smp(1, 5) + smp(8, 5, tds(4, b"first")[:9]) + smp(8, 6, tds(4, b"other")) + smp(8, 5, tds(4, b"first")[9:])
    splitter = Splitter()
    pieces = [piece for at in range(0, len(stream), size) for piece in splitter.feed(stream[at : at + size])]
    assert b"".join(one.data for one in pieces if one.kind == "tls") == flight + secret
    assert [(one.data[1], one.session) for one in pieces if one.kind == "smp"] == [(1, 5), (8, 5), (8, 6), (8, 5)]
    assert [one for one in pieces if one.kind == "tds"] == [
        Piece("tds", tds(0x12, b"\0prelogin")), Piece("tds", tds(4, b"clear")),
        Piece("tds", tds(4, b"other"), 6), Piece("tds", tds(4, b"first"), 5),
    ]
    assert splitter.rest() is None


def test_what_is_left_over_is_told():
    for stream in (tds(4, b"whole") + tds(4, b"cut")[:-1], smp(8, 1, tds(4, b"cut")[:-1]), b"\x04\x01\x00\x03", b"HTTP/1.1 400"):
        splitter = Splitter()
        list(splitter.feed(stream))
        assert splitter.rest(), stream


def test_bytes_are_put_in_order():
    stream = Reassembly(0xFFFFFFFE)
    assert [stream.take(2, b"efgh"), stream.take(0xFFFFFFFE, b"ab"), stream.take(0xFFFFFFFE, b"abcd"), stream.take(6, b"i")] == [
        b"", b"ab", b"cdefgh", b"i"]
    assert not stream.early


def test_a_port_belongs_to_the_server_that_was_ready_last():
    """The next server may get a port while the run of the one before is still being told."""
    before, after = (Run("pytds", name, (1433,), since, until, 1, 0) for name, since, until in (("a", 0.0, 5.0), ("b", 3.0, 9.0)))

    def connection(client, t):
        for source, target, flags in ((client, 1433, 0x02), (1433, client, 0x12)):
            yield SimpleNamespace(source=source, target=target, flags=flags, seq=0, payload=b"", t=t)

    found = conversations([*connection(40000, 2.0), *connection(40001, 4.0)], [after, before])
    assert [one.run for one in found] == [before, after]


def windows_of(*packets):
    return windows.judge([(by_server, Piece("smp", packet[:16], 0)) for by_server, packet in packets])


def test_windows():
    sent = [(True, smp(8, 0, b"x", number)) for number in range(1, 7)]
    opened, room = (False, smp(1, 0, window=4)), (False, smp(2, 0, window=6))
    assert windows_of(opened, *sent[:4]) == ([], False)
    assert windows_of(opened, *sent[:4], room, *sent[4:]) == ([], True)
    assert windows_of(opened, room, *sent) == ([], False)
    too_much, _ = windows_of(opened, *sent[:5])
    assert too_much == ["SMP session 0: packet 5 for a client with room up to 4"]
    skipped, _ = windows_of(opened, sent[1])
    assert skipped == ["SMP session 0: packet 2 behind 0"]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_a_limit_of_tshark_is_narrow(limit: Limit):
    run = Run("pytds", "connect.plain", (), 0.0, 0.0, 1, 0)
    for text in ("Malformed Packet (Exception occurred)", "tshark stops at token 0x01", "tshark sees no TDS in it"):
        assert not limit.fits(run, text)


def lie(t, **options):
    connection = t.open(**options)
    try:
        connection.query("SELECT n FROM lies", timeout=5)
    except Mismatch:
        pass  # how a driver takes it is not the finding
    t.sees_request("lies", within=5)


# What the server lies about: tshark sees the one, judge/lengths.py the other.
ANSWERS = {
    "number of columns": "colmetadata: {columns: {n: int}, count: 3}, row: [1], done",
    "length of an ERROR": "error: {number: 50001, class: 16, message: a lie, length: 9}, done",
}
LIES = {
    "in clear": {},
    "inside TLS": {"encrypt": "on"},
    "inside TLS for the login, then in clear": {"encrypt": "login"},
    "in a session of MARS": {"mars": True},
    "in a session of MARS inside TLS": {"mars": True, "encrypt": "on"},
}
SCENARIO = """
tdsfake: 1
server:
  faults:
    - {at: query, when: {sql: /lies/}, do: [tokens: [%s], close]}
"""


@pytest.mark.parametrize("what", ANSWERS)
@pytest.mark.parametrize("where", [pytest.param(where, marks=pytest.mark.xdist_group("pytds")) for where in LIES])
def test_red_control_of_the_judge(what, where, probes, tmp_path):
    """Whether the judge saw it shows at the end."""
    why = unusable("pytds")
    if why:
        pytest.skip(why)
    case = Case(f"a wrong {what} {where}", "", lambda t: lie(t, **LIES[where]), scenario=SCENARIO % ANSWERS[what], ca=True)
    carry_out(case, "pytds", case.scenario, probes, tmp_path, malformed=f"{what} {where}")
