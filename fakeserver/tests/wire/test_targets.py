"""Endings of other connections than the list's own, what `enforce` ends, and where a login is sent."""

import fake as fakes
import pytest
import tds_messages as m
from capture import FIN, RST, Conversation

PREPARED = ("asks", "idle", "idle too", "at its login")


class Crowd:
    """One connection that asks, two that are idle, one that has not logged in."""

    def __init__(self, start, step):
        self.fake = start(fakes.scenario([f"{{at: query, when: {{sql: /go/}}, do: [{step}, reply]}}"] if step else []))
        users = {"asks": "ann", "idle": "bob", "idle too": "eve"}
        self.clients = {name: self.fake.logged_in(user=user) for name, user in users.items()}
        self.clients["at its login"] = self.fake.connect()
        self.clients["at its login"].prelogin()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients.values():
            client.close()

    def ended(self, capture):
        """How the server ended each of them, after the one has asked."""
        self.clients["asks"].send_batch("SELECT 1 AS go")
        self.fake.wait_event("fault")
        for name, client in self.clients.items():
            if name != "asks" and not client.readable(0.3):
                client.send(client.harmless())  # whoever is there acknowledges it
        wires = {name: Conversation(capture, self.fake.port, client.port) for name, client in self.clients.items()}
        return {name: "RST" if any(s.has(RST) for s in wire.server) else "FIN" if any(s.has(FIN) for s in wire.server) else None
                for name, wire in wires.items()}


TARGETS = [
    ("reset: all", "RST", PREPARED),
    ("reset: others", "RST", PREPARED[1:]),
    ("reset: idle", "RST", ("idle", "idle too")),
    ("reset: {which: all, when: {user: eve}}", "RST", ("idle too",)),
    ("close: all", "FIN", PREPARED),
    ("close: idle", "FIN", ("idle", "idle too")),
    ("half-close: others", "FIN", PREPARED[1:]),
]


@pytest.mark.parametrize("step, how, whom", TARGETS, ids=[step for step, _, _ in TARGETS])
def test_exactly_these_connections_end(capture, start, step, how, whom):
    with Crowd(start, f"{{{step}}}") as crowd:
        assert crowd.ended(capture) == {name: how if name in whom else None for name in PREPARED}


def test_red_control_nobody_ends(capture, start):
    with Crowd(start, "{signal: nothing}") as crowd:
        assert crowd.ended(capture) == dict.fromkeys(PREPARED)


@pytest.mark.parametrize("target, silent", [("idle", PREPARED[1:3]), ("others", PREPARED[1:])])
def test_exactly_these_connections_vanish(capture, start, target, silent):
    with Crowd(start, f"{{vanish: {target}}}") as crowd:
        assert crowd.ended(capture) == dict.fromkeys(PREPARED), "no end is seen"
        for name in PREPARED[1:]:
            client = crowd.clients[name]
            if name in silent:
                client.expect_vanished()
            else:
                client.expect_acknowledged()


# ----------------------------------------------------------------------------------------------- enforce

def too_long_a_packet(client):
    client.prelogin()
    payload = m.login7_payload()
    payload += bytes(4097 - 8 - len(payload))
    client.send(m.packet(m.LOGIN7, len(payload).to_bytes(4, "little") + payload[4:]))


def no_prelogin(client):
    client.send_login()


def two_packets_in_a_record(client):
    client.start_strict()
    client.prelogin()
    assert client.login().logged_in
    client.send(m.packet(m.SQL_BATCH, m.batch_payload("SELECT 1", "8.0")) * 2)


def beyond_the_window(client):
    client.prelogin(mars=1)
    assert client.login().logged_in
    batch = m.packets(m.SQL_BATCH, m.batch_payload("SELECT 1", client.tds, 0))

    def smp(flag, number, data=b""):
        size = (16 + len(data)).to_bytes(4, "little")
        return bytes([0x53, flag, 0, 0]) + size + number.to_bytes(4, "little") + (4).to_bytes(4, "little") + data

    client.send(smp(1, 0) + b"".join(smp(8, number, batch) for number in range(1, 9)))


ENFORCED = [
    ("packet-size", too_long_a_packet, RST),
    ("prelogin", no_prelogin, FIN),
    ("tls-record", two_packets_in_a_record, RST),
    ("smp", beyond_the_window, FIN),
]
# So that the window of a session stays as it is.
SHUT = "{at: query, when: {session: 0}, times: 1, unused: allowed, do: [reply, stop-reading: {for: 1h}]}"


def end_after(capture, start, server, breaks):
    fake = start(fakes.scenario([SHUT], server=server))
    with fake.connect() as client:
        breaks(client)
        if server:
            fake.wait_event("violation")
            client.read_to_end()
        else:
            fake.wait_event("sent")
        return {end for s in Conversation(capture, fake.port, client.port).server for end in (FIN, RST) if s.has(end)}


@pytest.mark.parametrize("word, breaks, end", ENFORCED, ids=[word for word, _, _ in ENFORCED])
def test_what_is_enforced_ends_the_connection(capture, start, word, breaks, end):
    assert end_after(capture, start, f"enforce: {word}", breaks) == {end}


@pytest.mark.parametrize("word, breaks, _", ENFORCED, ids=[word for word, _, _ in ENFORCED])
def test_red_control_without_enforce_nothing_ends(capture, start, word, breaks, _):
    assert end_after(capture, start, "", breaks) == set()


# ------------------------------------------------------------------------------------------------- route

def login_answer(capture, start, faults):
    fake = start(fakes.scenario(faults))
    with fake.connect() as client:
        client.prelogin()
        client.login()
        wire = Conversation(capture, fake.port, client.port)
    return b"".join(s.payload for s in wire.data()[1:])


# MS-TDS 2.2.7.9: type, length of what follows, of the new value: protocol 0 (TCP), port, US_VARCHAR; no old value
def routing(kind, host, port, database=None):
    def text(value):
        return len(value).to_bytes(2, "little") + value.encode("utf-16-le")

    value = b"\0" + port.to_bytes(2, "little") + text(host) + (text(database) if database else b"")
    data = bytes([kind]) + len(value).to_bytes(2, "little") + value + b"\0\0"
    return b"\xe3" + len(data).to_bytes(2, "little") + data


ROUTES = [
    ("{host: node2.test, port: 14330}", routing(20, "node2.test", 14330)),
    ("{host: node2.test, port: 14330, database: sales}", routing(21, "node2.test", 14330, "sales")),
]


@pytest.mark.parametrize("route, token", ROUTES, ids=["type 20", "type 21"])
def test_a_route_is_an_envchange_in_the_login_answer(capture, start, route, token):
    assert token in login_answer(capture, start, [f"{{at: login, do: {{route: {route}}}}}"])


def test_red_control_no_route(capture, start):
    answer = login_answer(capture, start, [])
    assert answer and not any(token in answer for _, token in ROUTES)
