"""The SQL Server Browser: its datagrams, what a shape makes of them, and what a gate sends instead."""

import pytest
import ssrp
from test_browser import browser, scenario


def exchange(capture, start, *faults, gate=None, listen=None, request=ssrp.ALL, expected=1):
    """(what the client's port sent and got, ICMP that it got): what one lookup looks like on the wire."""
    fake = start(scenario(*faults, gate=gate, listen=listen))
    address = browser(fake)
    with ssrp.Lookups(address) as client:
        port = client.socket.getsockname()[1]
        client.send(request)
        refused = False
        try:
            for _ in range(expected):
                client.receive()
        except ConnectionRefusedError:
            refused = True
        if not expected and not refused:
            fake.wait_event("received" if gate is None else "attempt", server="browser")
            fake.stop()  # what has not been sent by now never is
        seen = [d for d in capture.datagrams(address[1]) if port in (d.source, d.target)]
        return seen, capture.icmp(address[1], port)


def test_one_datagram_asks_and_one_answers(capture, start):
    seen, icmp = exchange(capture, start)
    assert [d.payload for d in seen][0] == ssrp.ALL and len(seen) == 2 and not icmp, "red control of all the others"
    assert (seen[1].source, seen[1].target) == (seen[0].target, seen[0].source)
    assert seen[1].payload[0] == 5 and int.from_bytes(seen[1].payload[1:3], "little") == len(seen[1].payload) - 3
    assert b"InstanceName;MAIN;" in seen[1].payload and b"InstanceName;SIDE;" in seen[1].payload


@pytest.mark.parametrize("step", ["ignore", "{hold: never}"])
def test_silence_is_no_datagram_and_no_icmp(capture, start, step):
    more = ["{at: start, unused: allowed, do: [wait: 1h, signal: never]}"] if "hold" in step else []
    seen, icmp = exchange(capture, start, f"{{at: lookup, do: {step}}}", *more, expected=0)
    assert len(seen) == 1 and not icmp, [str(d) for d in seen]


@pytest.mark.exact
@pytest.mark.parametrize("wanted", [0.05, 0.25])
def test_wait_is_never_shorter_than_said(capture, start, wanted):
    seen, _ = exchange(capture, start, f"{{at: lookup, do: {{wait: {int(wanted * 1000)}ms}}}}")
    assert len(seen) == 2 and seen[1].t - seen[0].t >= wanted


def test_shapes_of_an_answer(capture, start):
    whole = exchange(capture, start)[0][1].payload
    twice, _ = exchange(capture, start, "{at: lookup, do: {reply: healthy, repeat: 2}}", expected=2)
    assert len(twice) == 3 and twice[1].payload == twice[2].payload
    cut, _ = exchange(capture, start, "{at: lookup, do: {reply: healthy, cut: 20}}")
    assert cut[1].payload == whole[:20]
    written, _ = exchange(capture, start, "{at: lookup, do: {reply: healthy, overwrite: {0: ff}}}")
    assert written[1].payload[:1] == b"\xff" and written[1].payload[1:20] == whole[1:20]
    sized, _ = exchange(capture, start, "{at: lookup, do: {reply: {size: 9}}}")
    assert sized[1].payload[:3] == b"\x05\x09\x00"


def test_bytes_as_they_are(capture, start):
    seen, _ = exchange(capture, start, "{at: lookup, do: {send: {hex: 05 ff ff 41}}}")
    assert seen[1].payload == b"\x05\xff\xffA"


@pytest.mark.parametrize("listen, kind", [("127.0.0.1", (3, 3)), ('"::1"', (1, 4))])
def test_refuse_is_icmp_port_unreachable(capture, start, listen, kind):
    seen, icmp = exchange(capture, start, gate="refuse", listen=listen)
    assert len(seen) == 1 and [(one.type, one.code) for one in icmp] == [kind]


def test_drop_is_silence(capture, start):
    seen, icmp = exchange(capture, start, gate="drop", expected=0)
    assert len(seen) == 1 and not icmp
