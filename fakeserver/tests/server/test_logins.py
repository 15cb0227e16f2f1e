"""Logins over real sockets: accounts, features, recovery, routing, SSPI and FEDAUTH, against a client of its own."""

import struct

import pytest
import tds_client
import tds_messages as m
from story import story


def utf16(text):
    return text.encode("utf-16-le")


def expect_refused(fake, error, **fields):
    with fake.connect() as client:
        client.prelogin()
        assert client.login(**fields).errors == error
        client.expect_end("FIN")


# ----------------------------------------------------------------------------------------------------- accounts


def test_accounts_and_their_errors(start):
    fake = start(
        "tdsfake: 1\nserver:\n  logins:\n"
        "    - {user: sa, password: secret, databases: [master, orders]}\n"
        "    - {user: locked, password: secret, locked: yes}\n"
        "    - {user: disabled, password: secret, disabled: yes}\n"
        "    - {user: expired, password: secret, expired: yes}\n"
        "    - {user: fresh, password: secret, must-change: yes}\n"
    )
    for user, errors in (
        ("nobody", [18456]),
        ("locked", [18486]),
        ("disabled", [18470]),
        ("expired", [18487]),
        ("fresh", [18488]),
    ):
        expect_refused(fake, errors, user=user, password="secret")
    expect_refused(fake, [18456], user="sa", password="Secret")
    expect_refused(fake, [4060, 18456], user="sa", password="secret", database="other")
    fake.logged_in(user="sa", password="secret", database="orders").close()


@pytest.mark.parametrize("user", ["fresh", "expired", "usual"])
def test_the_password_is_changed_at_login(start, user):
    fake = start(
        "tdsfake: 1\nserver:\n  logins:\n"
        "    - {user: fresh, password: old, must-change: yes}\n"
        "    - {user: expired, password: old, expired: yes}\n"
        "    - {user: usual, password: old}\n"
    )
    expect_refused(fake, [18456], user=user, password="wrong", new_password="new")
    fake.logged_in(user=user, password="old", new_password="new").close()
    expect_refused(fake, [18456], user=user, password="old")
    fake.logged_in(user=user, password="new").close()
    assert '"old"' not in fake.journal_text and '"new"' not in fake.journal_text


@story("{at: login, when: {user: sa}, times: 1, do: {error: 18464}}")
def test_a_change_may_be_refused(fake):
    with fake.connect() as client:
        client.prelogin()
        assert client.login(user="sa", password="a", new_password="b").errors == [18464]


# ----------------------------------------------------------------------------------------------------- features


def features_of(answer):
    """What FEATUREEXTACK says, {id: data}; None without the token."""
    found = answer.all("featureextack")
    return found[0].acks if found else None


ASKED = [(0x01, b""), (0x0A, b"\1"), (0x09, b"\2"), (0x05, b""), (0x0D, b"\1"), (0x10, utf16("1|MS-X|1"))]


@pytest.mark.parametrize(
    "identity, acks",
    [
        ("name: A", {0x01: b"", 0x0A: b"\1", 0x09: b"\2\1"}),
        ("features: {utf8-support: off, dataclassification: off, sessionrecovery: off}", None),
        ("features: {utf8-support: refused, json: on}", {0x01: b"", 0x0A: b"\0", 0x09: b"\2\1", 0x0D: b"\1"}),
        ("features: {sessionrecovery: 0x0102}", {0x01: b"\1\2", 0x0A: b"\1", 0x09: b"\2\1"}),
    ],
)
def test_features_are_acknowledged_as_told(start, identity, acks):
    fake = start(f"tdsfake: 1\nserver: {{identity: {{{identity}}}}}\n")
    with fake.connect() as client:
        client.prelogin()
        answer = client.login(features=ASKED)
        assert answer.logged_in and features_of(answer) == acks
    with fake.connect() as client:
        client.prelogin()
        assert features_of(client.login()) is None, "who asks for nothing is told nothing"


def test_session_recovery_goes_on_where_it_was(start):
    fake = start()

    def block(database, language):
        data = bytes([len(database)]) + utf16(database) + b"\0" + bytes([len(language)]) + utf16(language)
        return struct.pack("<I", len(data)) + data

    with fake.connect() as client:
        client.prelogin()
        state = block("orders", "us_english") + block("archive", "")
        answer = client.login(database="orders", features=[(0x01, state)])
        assert answer.logged_in and features_of(answer) == {0x01: b""}
        assert {c.kind: c.new for c in answer.all("envchange")}["database"] == "archive"
    assert fake.wait_event("received", message="LOGIN7")["recovers"] == "archive"


def test_failover_partner(start):
    fake = start("tdsfake: 1\nserver: {identity: {failover-partner: NODE2}}\n")
    with fake.connect() as client:
        client.prelogin()
        answer = client.login()
        assert {c.kind: c.new for c in answer.all("envchange")}["failover-partner"] == "NODE2"


# ------------------------------------------------------------------------------------------------------ routing


def route_of(answer):
    """(type, host, port, database) of the ENVCHANGE that routes, or None; by hand."""
    for token in answer.all("envchange"):
        body = answer.payload[token.offset + 3 :]
        if body[0] in (20, 21):
            assert body[3] == 0, "TCP"
            port, chars = struct.unpack_from("<HH", body, 4)
            host = body[8 : 8 + 2 * chars].decode("utf-16-le")
            database = None
            if body[0] == 21:
                at = 8 + 2 * chars
                count = struct.unpack_from("<H", body, at)[0]
                database = body[at + 2 : at + 2 + 2 * count].decode("utf-16-le")
            return body[0], host, port, database
    return None


def test_route_to_another_server_and_to_a_host(start):
    fake = start(
        "tdsfake: 1\nservers:\n"
        "  front:\n    faults:\n"
        "      - {at: login, when: {user: a}, do: {route: {to: back}}}\n"
        "      - {at: login, when: {user: b}, do: {route: {host: node2, port: 1433}}}\n"
        "      - {at: login, when: {user: c}, do: {route: {host: node2, port: 1433, database: db1}}}\n"
        "      - {at: login, when: {intent: read-only}, do: {route: {to: back, database: archive}}}\n"
        "  back: {}\n"
    )
    host, port = fake.address_of("back")
    for fields, expected in (
        ({"user": "a"}, (20, host, port, None)),
        ({"user": "b"}, (20, "node2", 1433, None)),
        ({"user": "c"}, (21, "node2", 1433, "db1")),
        ({"user": "d", "read_only": True}, (21, host, port, "archive")),
        ({"user": "d"}, None),
    ):
        with fake.connect() as client:
            client.prelogin()
            answer = client.login(**fields)
            assert answer.logged_in and route_of(answer) == expected
            names = [token.name for token in answer.tokens]
            assert names.index("loginack") < len(names) - 1 and names[-1] == "done"
            client.half_close()  # the client drops the connection itself
            client.expect_end("FIN")
    with tds_client.logged_in(fake.address_of("back"), server=host) as client:
        assert client.batch("SELECT 1").rows == [[1]]
    assert fake.stop() == 0


# --------------------------------------------------------------------------------------------------------- SSPI

NEGOTIATE = b"NTLMSSP\0" + struct.pack("<II", 1, 0x20080205) + bytes(16)


def authenticate(domain, user):
    parts = [b"", b"", utf16(domain), utf16(user), utf16("box"), b""]
    places, data = b"", b""
    for part in parts:
        places += struct.pack("<HHI", len(part), len(part), 64 + len(data))
        data += part
    return b"NTLMSSP\0" + struct.pack("<I", 3) + places + struct.pack("<I", 1) + data


def test_ntlm_in_two_rounds(start):
    fake = start("tdsfake: 1\nserver: {identity: {name: DB1}, logins: [{user: 'DOM\\ann'}]}\n")
    for user, errors in (("ann", None), ("bob", [18456])):
        with fake.connect() as client:
            client.prelogin()
            client.send_login(user="", sspi=NEGOTIATE)
            challenge = client.read_message().payload
            size = struct.unpack_from("<H", challenge, 1)[0]
            assert challenge[0] == 0xED and len(challenge) == 3 + size, "a token alone in its message"
            blob = challenge[3:]
            assert blob[:8] == b"NTLMSSP\0" and struct.unpack_from("<I", blob, 8)[0] == 2
            assert utf16("DB1") in blob
            client.send(m.packet(m.SSPI, authenticate("DOM", user)))
            answer = client.read_message()
            assert answer.logged_in == (errors is None) and (errors is None or answer.errors == errors)
            if errors is None:
                assert client.batch("SELECT 1").rows == [[1]]
    assert fake.wait_event("received", message="SSPI")["user"] == "DOM\\ann"


@story("{at: sspi, times: 1, do: stall}")
def test_silence_after_the_challenge(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login(user="", sspi=NEGOTIATE)
        client.read_message()
        client.send(m.packet(m.SSPI, authenticate("DOM", "ann")))
        client.expect_silence(0.2)
    fake.wait_event("closed")


@story("{at: login, do: {reply: healthy, cut: 20}}")
def test_a_challenge_may_be_cut(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login(user="", sspi=NEGOTIATE)
        client.read_exactly(20)
        client.expect_silence(0.2)


# ------------------------------------------------------------------------------------------------------ FEDAUTH


def test_a_token_in_login7(start):
    fake = start()
    token = utf16("opaque.token")
    with fake.connect() as client:
        client.prelogin()
        answer = client.login(user="", features=[(0x02, b"\x02" + struct.pack("<I", len(token)) + token)])
        assert answer.logged_in and features_of(answer) == {0x02: b""}
    assert "opaque" not in fake.journal_text


def test_adal_asks_for_a_token(start):
    fake = start()
    token = utf16("opaque.token")
    with fake.connect() as client:
        client.prelogin()
        client.send_login(user="", features=[(0x02, b"\x04\x01")])
        info = client.read_message().payload
        assert info[0] == 0xEE and struct.unpack_from("<I", info, 1)[0] == len(info) - 5
        body, found = info[5:], {}
        for i in range(struct.unpack_from("<I", body)[0]):
            number, size, at = struct.unpack_from("<BII", body, 4 + 9 * i)
            found[number] = body[at : at + size].decode("utf-16-le")
        assert found[1].startswith("https://") and found[2].startswith("https://database.windows.net")
        client.send(m.packet(m.FEDAUTH, struct.pack("<II", 4 + len(token), len(token)) + token))
        answer = client.read_message()
        assert answer.logged_in and features_of(answer) == {0x02: b""}
        assert client.batch("SELECT 1").rows == [[1]]
    assert "opaque" not in fake.journal_text


@story("{at: fedauth, times: 1, do: {error: 18456}}")
def test_a_token_may_be_refused(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send_login(user="", features=[(0x02, b"\x04\x01")])
        client.read_message()
        client.send(m.packet(m.FEDAUTH, struct.pack("<II", 8, 4) + b"a\0b\0"))
        assert client.read_message().errors == [18456]
