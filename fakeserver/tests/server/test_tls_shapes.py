"""TLS that goes wrong beneath TDS: alerts, records of other sizes, flights in other packets, no close_notify, bytes in clear."""

import ssl
import time

import pytest
import tds_client
import tds_messages as m
import tds_tls
from story import story
from test_tls_faults import STRICT, WRAPPED, both, hello, shake_hands

HEADER = 5


def logged_in(fake, strict):
    client = shake_hands(fake, strict)
    if strict:
        return client.enter()
    assert client.login().logged_in
    return client


def raw_to_end(client):
    """What comes on the socket, TLS untouched."""
    tls, client.tls = client.tls, None
    data, how = client.read_to_end()
    client.tls = tls
    return data, how


def records(data):
    """(content type, length of the fragment) of each record."""
    out = []
    while data:
        length = int.from_bytes(data[3:5], "big")
        assert len(data) >= HEADER + length, "a record that is cut"
        out.append((data[0], length))
        data = data[HEADER + length :]
    return out


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "name, text", [("unknown-ca", "unknown ca"), ("handshake-failure", "handshake failure"), ("47", "illegal parameter")]
)
def test_an_alert_in_the_place_of_our_first_flight(start, strict, name, text):
    fake = start(
        f"tdsfake: 1\nserver:\n  {STRICT if strict else WRAPPED}\n"
        f"  faults: [{{at: tls, times: 1, do: [reply: {{alert: {name}}}, close]}}]\n"
    )
    with pytest.raises(ssl.SSLError, match=text):
        shake_hands(fake, strict)
    shake_hands(fake, strict).close()  # red control: the second time nothing stands in the way
    assert fake.stop() == 0


@both("{at: query, do: [send: {alert: internal-error}, close]}")
def an_alert_after_the_login_is_encrypted(fake, strict):
    client = logged_in(fake, strict)
    client.send_batch("SELECT 1")
    try:
        client.read_message()
    except ssl.SSLError as error:
        assert "internal error" in str(error)
        return
    raise AssertionError("an answer")


@both("{at: idle, after: 200ms, do: [send: {alert: {name: close-notify, level: warning}}, wait: 300ms]}")
def close_notify_while_idle_and_the_connection_stays(fake, strict):
    client = logged_in(fake, strict)
    deadline = time.monotonic() + tds_client.patience
    while not client.tls.closed:
        assert client.readable(deadline - time.monotonic()), "silence"
        data = client.sock.recv(4096)
        assert data, "FIN"
        client.tls.decrypt(data)
    client.close()


@both("{at: query, do: [reply, close: {close-notify: no}]}", red=("{at: query, do: [reply, close]}",))
def a_fin_without_close_notify(fake, strict):
    client = logged_in(fake, strict)
    client.send_batch("SELECT 1")
    assert client.read_message().rows == [[1]]
    client.expect_end("FIN")
    assert not client.tls.closed, "close_notify came"


@both("{at: query, do: [{reply: healthy, record-size: 10}, close: {close-notify: no}]}")
def records_hold_as_much_as_is_said(fake, strict):
    client = logged_in(fake, strict)
    client.send_batch("SELECT 1")
    data, how = raw_to_end(client)
    seen = records(data)
    assert how == "FIN" and len(seen) > 3 and {kind for kind, _ in seen} == {23}
    assert len({size for _, size in seen[:-1]}) == 1, seen
    overhead = 17 if client.tls.version == "1.3" else 24
    assert seen[0][1] == 10 + overhead
    plain = client.tls.decrypt(data)
    assert plain[0] == 4 and int.from_bytes(plain[2:4], "big") == len(plain)


BIG = "queries: [{match: big, columns: {a: varchar(max)}, rows: [[" + "x" * 40000 + "]]}]"


def oversized(strict):
    server = (STRICT if strict else WRAPPED) + "\n" + BIG

    @story(
        "{at: query, do: [{reply: healthy, packet-size: 40100, record-size: 30000}, close]}",
        red=("{at: query, do: [{reply: healthy, packet-size: 40100, record-size: 16384}, close]}",),
        server=server,
    )
    def body(fake):
        client = logged_in(fake, strict)
        client.send_batch("big")
        try:
            client.read_to_end()
        except ssl.SSLError as error:
            assert "too long" in str(error) or "overflow" in str(error), error
            return
        raise AssertionError("a record longer than TLS allows was read")

    return body


test_a_record_longer_than_tls_allows_wrapped = oversized(False)
test_a_record_longer_than_tls_allows_strict = oversized(True)


@story("{at: tls, do: {reply: healthy, packet-size: 100}}", server=WRAPPED)
def test_a_flight_in_several_packets(fake):
    client, tls = hello(fake, False)
    answer = client.read_message()
    assert len(answer.packets) > 3 and {p.length for p in answer.packets[:-1]} == {100}
    assert {p.type for p in answer.packets} == {m.PRELOGIN}
    tls.handshake(answer.payload)
    client.send(m.packets(m.PRELOGIN, tls.take()))
    assert tls.handshake(client.read_message().payload)
    client.tls = tls
    assert client.login().logged_in


@story("{at: tls, times: 1, do: {reply: healthy, overwrite: {0: 04}}}", server=WRAPPED)
def test_a_flight_in_packets_of_another_type(fake):
    client, _ = hello(fake, False)
    assert client.read_message().type == m.TABULAR
    client.close()


@story("{at: tls, times: 1, do: [{reply: healthy, eom: no}, close]}", server=WRAPPED)
def test_a_flight_without_its_end(fake):
    client, _ = hello(fake, False)
    data, how = client.read_to_end()
    assert how == "FIN" and data[0] == m.PRELOGIN and data[1] == 0
    assert len(data) == int.from_bytes(data[2:4], "big")


@story("{at: tls, skip: 0, times: 1, do: {reply: healthy, record-size: 20}}", server=WRAPPED)
def test_a_flight_in_many_records(fake):
    client, tls = hello(fake, False)
    payload = client.read_message().payload
    seen = records(payload)
    assert len(seen) > 10 and {size for kind, size in seen if kind == 22} <= set(range(1, 21))
    tls.handshake(payload)
    client.send(m.packets(m.PRELOGIN, tls.take()))
    assert tls.handshake(client.read_message().payload), "all the same a handshake"
    client.close()


@both("{at: query, do: [send: {hex: 04 01 00 08 00 00 01 00, plain: yes}, close: {close-notify: no}]}")
def bytes_in_clear_beneath_tls(fake, strict):
    client = logged_in(fake, strict)
    client.send_batch("SELECT 1")
    assert raw_to_end(client) == (bytes.fromhex("0401000800000100"), "FIN")
