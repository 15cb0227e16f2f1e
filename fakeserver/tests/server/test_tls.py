"""TLS as a client meets it: who encrypts what, inside TDS 7.x and TDS 8.0."""

import ssl

import pytest
import tds_client
import tds_messages as m
import tds_tls
from tds_tokens import parse_prelogin

OFF, ON, NOT_SUP, REQ = m.ENCRYPT_OFF, m.ENCRYPT_ON, m.ENCRYPT_NOT_SUP, m.ENCRYPT_REQ
CLIENT_CERT = 0x80


@pytest.fixture
def serve(start):
    """serve(identity) -> Fake of a server with that `identity`; it must end well."""
    running = []

    def go(identity, *options):
        running.append(start(f"tdsfake: 1\nserver: {{identity: {{{identity}}}}}\n", *options))
        return running[-1]

    yield go
    for fake in running:
        assert fake.stop() == 0, fake.stdout + fake.stderr


def expect_query(client):
    assert client.batch("SELECT 1").rows == [[1]]


def expect_login(client, **fields):
    answer = client.login(**fields)
    assert answer.logged_in, answer.errors
    expect_query(client)
    return answer


# ------------------------------------------------------------------------- PRELOGIN: the matrix of MS-TDS 2.2.6.5

MATRIX = {
    "off": {OFF: OFF, ON: ON, NOT_SUP: NOT_SUP, REQ: ON, 0x80: OFF, 0x81: ON, 0x83: ON},
    "required": {OFF: REQ, ON: ON, NOT_SUP: REQ, REQ: ON, 0x80: REQ, 0x81: ON, 0x83: ON},
    "not-supported": {asked: NOT_SUP for asked in (OFF, ON, NOT_SUP, REQ, 0x80, 0x81, 0x83)},
}


@pytest.mark.parametrize("policy", MATRIX)
def test_prelogin_answers_each_wish_by_the_policy(serve, policy):
    fake = serve(f"encryption: {policy}")
    for asked, answer in MATRIX[policy].items():
        with fake.connect() as client:
            assert client.prelogin(encryption=asked)[1] == bytes([answer]), f"{asked:#x}"


def in_clear(client):
    client.prelogin(encryption=NOT_SUP)
    expect_login(client)


def login_only(client, **how):
    assert client.prelogin(encryption=OFF)[1] == bytes([OFF])
    client.start_tls()
    client.send_login_only(**how)
    assert client.read_message().logged_in
    expect_query(client)


def everything(client, asked=ON):
    client.prelogin(encryption=asked)
    client.start_tls()
    expect_login(client)
    assert client.tls, "and it is still in force"


def strict(client, **how):
    client.start_strict(**how)
    client.prelogin(encryption=NOT_SUP)
    expect_login(client)


def test_off_serves_clients_with_and_without_tls(serve):
    fake = serve("encryption: off")
    for way in (in_clear, login_only, everything, strict, in_clear):
        with fake.connect() as client:
            way(client)


def test_required_serves_clients_with_tls(serve):
    fake = serve("encryption: required")
    with fake.connect() as client:
        everything(client)
    with fake.connect() as client:
        everything(client, asked=OFF)
    with fake.connect() as client:
        strict(client)


@pytest.mark.parametrize("asked", [NOT_SUP, OFF, ON])
def test_required_ends_a_client_that_logs_in_without_tls(serve, asked):
    fake = serve("encryption: required")
    with fake.connect() as client:
        client.prelogin(encryption=asked)
        client.send_login()
        client.expect_end("FIN")
    assert "encryption" in fake.wait_event("violation")["reason"]


@pytest.mark.parametrize("asked", [OFF, ON])
def test_a_login_without_the_tls_agreed_on_ends(serve, asked):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=asked)
        client.send_login()
        client.expect_end("FIN")
    assert "encryption" in fake.wait_event("violation")["reason"]


def test_not_supported_ends_a_handshake(serve):
    fake = serve("encryption: not-supported")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        with pytest.raises(tds_client.Deviation, match="FIN"):
            client.start_tls()
    with fake.connect() as client, pytest.raises(tds_client.Deviation, match="FIN"):
        client.start_strict()


def test_strict_serves_only_tls_first(serve):
    fake = serve("encryption: strict")
    with fake.connect() as client:
        strict(client)
    for asked in (NOT_SUP, ON):
        with fake.connect() as client:
            client.send_prelogin(encryption=asked)
            client.expect_end("FIN")
    with fake.connect("7.0") as client:
        client.send_login()
        client.expect_end("FIN")


# ---------------------------------------------------------------------------------------------- login only


@pytest.mark.parametrize("size", [512, 4096])
@pytest.mark.parametrize("encrypted", ["packet", "message"])
def test_login_only_ends_where_the_client_ends_it(serve, encrypted, size):
    """Some clients leave TLS after the first packet of LOGIN7, some after the last; the answer is in clear."""
    fake = serve("encryption: off")
    with fake.connect() as client:
        login_only(client, encrypted=encrypted, size=size, app="x" * 120, host="y" * 120, server="z" * 120)
    assert fake.wait_event("received", message="LOGIN7")["app"] == "x" * 120


def test_login_only_ends_also_when_the_rest_comes_later(serve):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=OFF)
        client.start_tls()
        tls, client.tls = client.tls, None
        wire = m.packets(m.LOGIN7, m.login7_payload(app="x" * 120, host="y" * 120), 512)
        record = tls.encrypt(wire[:512])
        for at in range(len(record)):
            client.send(record[at : at + 1])
        client.expect_silence(0.05)
        for at in range(512, len(wire)):
            client.send(wire[at : at + 1])
        assert client.read_message().logged_in
        expect_query(client)


def test_login_only_tolerates_a_close_notify(serve):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=OFF)
        client.start_tls()
        tls, client.tls = client.tls, None
        client.send(tls.encrypt(m.packets(m.LOGIN7, m.login7_payload())) + tls.close_notify())
        assert client.read_message().logged_in
        expect_query(client)


def test_login_only_hides_the_password(serve):
    """What the wire shows of a login: nothing of LOGIN7, all of its answer."""
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=OFF)
        client.start_tls()
        tls, client.tls = client.tls, None
        record = tls.encrypt(m.packets(m.LOGIN7, m.login7_payload(user="somebody")))
        assert record[0] == 0x17 and "somebody".encode("utf-16-le") not in record
        client.send(record)
        assert client.read_exactly(1) == bytes([m.TABULAR])


# ------------------------------------------------------------------------------------ versions, ciphers, TDS 8.0


def test_inside_tds_7_the_newest_is_1_2(serve):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        assert client.start_tls().version == "1.2"
    with fake.connect() as client, pytest.raises(ssl.SSLError):
        client.prelogin(encryption=ON)
        client.start_tls(min="1.3")


def test_inside_tds_7_a_scenario_may_ask_for_1_3(serve):
    fake = serve("encryption: off, tls: {max: 1.3}")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        tls = client.start_tls()
        assert tls.version == "1.3"
        expect_login(client)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tds_8_with_its_versions(serve, version):
    fake = serve("encryption: strict")
    with fake.connect("8.0") as client:
        tls = client.start_strict(min=version, max=version)
        assert (tls.version, tls.alpn) == (version, "tds/8.0")
        answer = client.prelogin(encryption=NOT_SUP)
        assert answer[1] == b"\x02"
        assert expect_login(client).one("loginack").tds == "08000000"
    seen = fake.wait_event("received", message="TLS", flight="client-finished")
    assert seen["version"] == version and seen["alpn"] == "tds/8.0"


@pytest.mark.parametrize("of_server, tds", [("7.4", "74000004"), ("8.0", "08000000")])
def test_tds_8_may_be_granted_less(serve, of_server, tds):
    fake = serve(f'encryption: strict, tds: "{of_server}"')
    for asked, granted in (("8.0", tds), ("7.4", "74000004")):
        with fake.connect(asked) as client:
            client.start_strict()
            client.prelogin()
            assert expect_login(client).one("loginack").tds == granted


@pytest.mark.parametrize("alpn", [(), ("http/1.1",), ("http/1.1", "tds/8.0")])
def test_tds_8_without_the_right_protocol_is_served(serve, alpn):
    fake = serve("encryption: strict")
    with fake.connect() as client:
        tls = client.start_strict(alpn=alpn)
        assert tls.alpn == ("tds/8.0" if "tds/8.0" in alpn else None)
        client.prelogin()
        expect_login(client)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_old_versions_only_where_asked_for(serve, version):
    with serve("encryption: off").connect() as client:
        client.prelogin(encryption=ON)
        with pytest.raises(ssl.SSLError):
            client.start_tls(min=version, max=version)
    with serve(f"encryption: off, tls: {{min: {version}}}").connect() as client:
        client.prelogin(encryption=ON)
        assert client.start_tls(min=version, max=version).version == version
        expect_login(client)


def test_min_refuses_older_clients(serve):
    fake = serve("encryption: strict, tls: {min: 1.3}")
    with fake.connect() as client, pytest.raises(ssl.SSLError, match="protocol"):
        client.start_strict(max="1.2")
    assert "protocol" in fake.wait_event("violation")["reason"]
    with fake.connect() as client:
        strict(client)


def test_ciphers(serve):
    fake = serve("encryption: off, tls: {ciphers: ECDHE-ECDSA-AES256-SHA}")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        assert client.start_tls(ciphers="ALL:@SECLEVEL=0").cipher == "ECDHE-ECDSA-AES256-SHA"
        expect_login(client)
    with fake.connect() as client, pytest.raises(ssl.SSLError, match="(?i)handshake.failure"):
        client.prelogin(encryption=ON)
        client.start_tls(ciphers="ECDHE-ECDSA-AES128-GCM-SHA256", max="1.2")


# --------------------------------------------------------------------------------------------- pieces and garbage


@pytest.mark.parametrize("piece", [1, 100, 4088])
def test_client_flights_may_be_cut(serve, piece):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        client.start_tls(piece=piece)
        expect_login(client)
    with fake.connect() as client:
        client.start_strict(piece=piece)
        client.prelogin()
        expect_login(client)


def test_a_long_result_goes_through_tls(start):
    fake = start(
        "tdsfake: 1\nserver:\n  identity: {encryption: required}\n  queries:\n    - match: much\n"
        "      columns: {t: nvarchar(4000)}\n      rows:\n" + f"        - [{'x' * 4000}]\n" * 100
    )
    with fake.connect() as client:
        everything(client)
        rows = client.batch("much").rows
        assert len(rows) == 100 and all(row == ["x" * 4000] for row in rows)


def test_requests_come_right_behind_the_handshake(serve):
    """PRELOGIN of TDS 8.0 in the same segment as the client's Finished."""
    fake = serve("encryption: strict")
    with fake.connect() as client:
        tls = tds_tls.Tls(alpn=("tds/8.0",))
        assert not tls.handshake()
        client.send_beneath(tls.take())
        while not tls.handshake(client.sock.recv(1 << 16)):
            pass
        finished = tls.take()
        client.send_beneath(finished + tls.encrypt(m.packet(m.PRELOGIN, m.prelogin_payload())))
        client.tls = tls
        assert parse_prelogin(client.read_message().payload)[4] == b"\0"
        expect_login(client)


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(m.packet(m.PRELOGIN, bytes.fromhex("1603010004020000000000")), id="not a ClientHello"),
        pytest.param(m.packet(m.PRELOGIN, bytes.fromhex("1603010010") + bytes(16)), id="zeros"),
        pytest.param(m.packet(m.PRELOGIN, bytes.fromhex("15030100020228")), id="an alert"),
        pytest.param(m.packet(m.PRELOGIN, b"\x17\x03\x03\x00\x05hello"), id="data"),
    ],
)
def test_garbage_in_the_handshake_ends_the_connection(serve, garbage):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        client.send(garbage)
        client.read_to_end()
    assert fake.wait_event("violation")["reason"].startswith("TLS: ")
    fake.healthy()


def test_damaged_data_ends_the_connection_with_an_alert(serve):
    fake = serve("encryption: required")
    with fake.connect() as client:
        everything(client)
        record = bytearray(client.tls.encrypt(m.packet(m.SQL_BATCH, m.batch_payload("SELECT 1"))))
        record[-1] ^= 1
        client.send_beneath(bytes(record))
        with pytest.raises(ssl.SSLError, match="(?i)bad.record.mac"):
            client.read_message()


def test_ends_are_announced(serve):
    """close_notify, then FIN."""
    fake = serve("encryption: required")
    with fake.connect() as client:
        client.prelogin(encryption=ON)
        client.start_tls()
        client.send(m.packet(0x55, b"unknown"))
        data, how = client.read_to_end()
        assert (data, how) == (b"", "FIN") and client.tls.closed


def test_a_client_may_leave_with_close_notify(serve):
    fake = serve("encryption: required")
    with fake.connect() as client:
        everything(client)
        client.send_beneath(client.tls.close_notify())
        client.half_close()
        client.read_to_end()
    fake.wait_event("closed")
    assert not fake.events("violation")


# ------------------------------------------------------------------------------------------------ the journal


def test_the_journal_tells_what_was_asked_for_and_agreed_on(serve):
    fake = serve("encryption: off")
    with fake.connect() as client:
        client.prelogin(encryption=OFF)
        client.start_tls(host="db.example")
        client.send_login_only()
        assert client.read_message().logged_in
    hello = fake.wait_event("received", message="TLS", flight="client-hello")
    assert hello["server-name"] == "db.example" and hello["newest"] == "1.3"
    finished = fake.wait_event("received", message="TLS", flight="client-finished")
    assert finished["version"] == "1.2" and finished["scope"] == "login only" and "ECDHE" in finished["cipher"]
