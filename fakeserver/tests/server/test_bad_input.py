"""Hostile and broken clients: journalled with a hexdump, the connection closed, the server unharmed."""

import random
import resource
import struct

import fake as fakes
import pytest
import tds_messages as m

LOGIN = m.login7_payload()


def prelogin(payload):
    return m.packet(m.PRELOGIN, payload)


def login(payload):
    return prelogin(m.prelogin_payload()) + m.packets(m.LOGIN7, payload)


def patched(data, at, new):
    return data[:at] + new + data[at + len(new) :]


GOOD_OPTIONS = m.prelogin_payload()

# What a client says right after the connect; a real server closes.
CLOSED = {
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(64),
    "unknown packet type": m.packet(0x05, b"hello"),
    "server packet type": m.packet(m.TABULAR, b"\xfd" + bytes(12)),
    "tls client hello": bytes.fromhex("16030100050100000100"),
    "packet length 0": m.packet(m.PRELOGIN, b"", length=0),
    "packet length 7": m.packet(m.PRELOGIN, b"", length=7),
    "batch before login": m.packets(m.SQL_BATCH, m.batch_payload("SELECT 1")),
    "rpc before login": m.packets(m.RPC, m.executesql_payload("SELECT 1")),
    "transaction before login": m.packets(m.TRANSACTION, m.begin_payload()),
    "empty prelogin": prelogin(b""),
    "prelogin without terminator": prelogin(GOOD_OPTIONS[:25]),
    "prelogin that does not begin with version": prelogin(
        m.prelogin_payload(options=[(1, b"\x02"), (0, bytes(6))])
    ),
    "prelogin option outside": prelogin(patched(GOOD_OPTIONS, 6, b"\xff\xf0")),
    "prelogin option too long": prelogin(patched(GOOD_OPTIONS, 8, b"\xff\xff")),
    "empty login": login(b""),
    "truncated login": login(LOGIN[:50]),
    "login length field too large": login(patched(LOGIN, 0, b"\xff\xff\xff\x7f")),
    "login user name outside": login(patched(LOGIN, 40, struct.pack("<HH", 0xFFF0, 0xFFFF))),
    "login extension outside": login(patched(patched(LOGIN, 27, b"\x10"), 56, struct.pack("<HH", 0xFFF0, 4))),
    "login of an unknown version": login(patched(LOGIN, 4, b"\x78\x56\x34\x12")),
    "another type inside a message": m.packet(m.PRELOGIN, b"\0" * 20, status=0) + m.packet(m.RPC, b"\0" * 8),
}


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    with fakes.Fake(tmp_path_factory.mktemp("hostile")) as running:
        yield running
        assert running.stop() == 0, running.stderr


@pytest.mark.parametrize("data", CLOSED.values(), ids=CLOSED.keys())
def test_broken_clients_are_closed_and_journalled(start, data):
    fake = start()
    with fake.connect() as client:
        client.send(data)
        said, how = client.read_to_end()
    closed = fake.wait_event("closed")
    assert (closed["by"], closed["how"]) == ("server", how), "the journal tells how it was closed"
    violation = fake.events("violation")
    assert len(violation) == 1 and violation[0]["reason"], fake.journal_text
    assert violation[0]["hexdump"], "with the bytes"
    fake.healthy()
    assert fake.stop() == 0


def test_red_control_a_good_client_is_not_a_violation(start):
    fake = start()
    fake.healthy()
    fake.wait_event("closed")
    assert not fake.events("violation")


def test_hexdump_shows_the_bytes(start):
    fake = start()
    with fake.connect() as client:
        client.send(CLOSED["http"])
        client.read_to_end()
    dump = fake.wait_event("violation")["hexdump"]
    assert "47 45 54 20" in dump or "47455420" in dump


@pytest.mark.parametrize("kind", [m.PRELOGIN, m.LOGIN7])
def test_endless_message_before_login_is_cut_off(fake, kind):
    with fake.connect() as client:
        sent = 0
        try:
            while sent < 1 << 23:
                client.send(m.packet(kind, bytes(4088), status=0))
                sent += 4096
        except OSError:
            pass
        assert sent < 1 << 23, "8 MiB of one message were taken before the login"
    fake.healthy()


def test_endless_batch_is_cut_off(fake):
    piece = b"".join(m.packet(m.SQL_BATCH, bytes(4088), status=0) for _ in range(64))
    with fake.logged_in() as client:
        sent = 0
        try:
            while sent < 160 << 20:
                client.send(piece)
                sent += len(piece)
        except OSError:
            pass
        assert sent < 160 << 20
    fake.healthy()


def resident_megabytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) // 1024


def test_answers_nobody_reads_do_not_pile_up(start):
    """A client that pipelines requests for ever and reads nothing: the server must not keep all the answers."""
    fake = start(None, "--quiet")
    request = m.packets(m.SQL_BATCH, m.batch_payload("SELECT " + "x" * 1500))
    with fake.logged_in() as client:
        client.sock.settimeout(1.0)
        try:
            for _ in range(400):
                client.sock.sendall(request * 150)  # 400 times 0.45 MB
        except OSError:
            pass  # the server stopped reading, or ended it
        if not fakes.sanitized():  # sanitizers keep freed memory
            assert resident_megabytes(fake.process.pid) < 120
    fake.healthy()


AFTER_LOGIN = {
    "odd length of text": m.packets(m.SQL_BATCH, m.all_headers("7.4") + b"S\0E"),
    "headers longer than the message": m.packets(m.SQL_BATCH, b"\xff\xff\xff\xff" + bytes(30)),
    "headers of length 0": m.packets(m.SQL_BATCH, bytes(4)),
    "empty batch": m.packets(m.SQL_BATCH, b""),
    "lone surrogates": m.packets(m.SQL_BATCH, m.all_headers("7.4") + b"\x00\xd8\x00\xd8"),
    "empty rpc": m.packets(m.RPC, b""),
    "rpc name outside": m.packets(m.RPC, m.all_headers("7.4") + struct.pack("<H", 0xFFF0) + b"ab"),
    "rpc of an unknown id": m.packets(m.RPC, m.all_headers("7.4") + struct.pack("<HHH", 0xFFFF, 999, 0)),
    "rpc parameter outside": m.packets(m.RPC, m.executesql_payload("SELECT 1")[:-6]),
    "unknown transaction request": m.packets(m.TRANSACTION, m.all_headers("7.4") + struct.pack("<H", 77)),
    "empty transaction request": m.packets(m.TRANSACTION, b""),
    "bulk load out of the blue": m.packets(m.BULK, bytes(20)),
    "prelogin again": m.packet(m.PRELOGIN, m.prelogin_payload()),
    "login again": m.packets(m.LOGIN7, m.login7_payload()),
    "sspi out of the blue": m.packets(m.SSPI, bytes(20)),
}


@pytest.mark.parametrize("data", AFTER_LOGIN.values(), ids=AFTER_LOGIN.keys())
def test_odd_requests_are_never_met_with_silence(fake, data):
    """Answered or closed, and journalled: what a client must not meet is nothing at all."""
    with fake.logged_in() as client:
        client.send(data)
        try:
            answer = client.read_message()
            assert answer.tokens[-1].name.startswith("done")
        except AssertionError as error:
            assert "FIN" in str(error) or "RST" in str(error), error
        number = fake.wait_event("connect", peer=f"127.0.0.1:{client.port}")["connection"]

        def journalled():
            kinds = [e["event"] for e in fake.events(connection=number)]
            return kinds.count("received") + kinds.count("violation") > 2  # PRELOGIN, LOGIN7 and this

        fakes.wait_until(journalled, "not journalled")
    fake.healthy()


def test_attention_before_login_is_journalled_and_harmless(start):
    """pytds sends one when its login has timed out: no reason to close."""
    fake = start()
    with fake.connect() as client:
        client.send_attention()
        client.enter()
        assert client.batch("SELECT 1").rows == [[1]]
    assert fake.wait_event("received", message="ATTENTION")["connection"] == 1
    fake.healthy()


def test_half_a_message_then_fin(fake):
    with fake.connect() as client:
        client.send(m.packet(m.PRELOGIN, m.prelogin_payload())[:20])
        client.half_close()
        client.expect_end("FIN")
    fake.healthy()


def test_connect_and_leave(fake):
    for _ in range(20):
        fake.connect().close()
        fake.connect().reset()
    fake.healthy()


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(fake, seed):
    draw = random.Random(seed)
    for _ in range(60):
        with fake.connect() as client:
            first = draw.choice(
                [b"", b"\x12\x01", b"\x10\x01", b"\x12\x01\x00\x40\0\0\0\0", b"\x10\x01\x00\x80\0\0\0\0"]
            )
            client.send(first + draw.randbytes(draw.randrange(1, 300)))
            client.half_close()
            client.read_to_end()
    fake.healthy()


@pytest.mark.parametrize("seed", range(4))
def test_mutated_conversations(fake, seed):
    """A good conversation with a few bytes changed, sent at once."""
    draw = random.Random(1000 + seed)
    good = bytearray(login(m.login7_payload(app="mutant", features=[(0x0A, b"\x01")])))
    good += m.packets(m.SQL_BATCH, m.batch_payload("SELECT 1")) + m.packets(
        m.RPC, m.executesql_payload("SELECT 1")
    )
    for _ in range(60):
        mutant = bytearray(good)
        for _ in range(draw.randrange(1, 6)):
            mutant[draw.randrange(len(mutant))] = draw.randrange(256)
        with fake.connect() as client:
            try:
                client.send(bytes(mutant))
                client.half_close()
                client.read_to_end()
            except OSError:
                pass  # closed by the server while we were still writing
    fake.healthy()


# UBSan opens a pipe to see whether memory is there: without descriptors it takes good objects for bad ones.
@pytest.mark.not_sanitized
def test_out_of_descriptors_is_said_once_and_heals(start):
    def few_descriptors():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    fake = start(None, preexec_fn=few_descriptors)
    with fake.logged_in() as early:
        crowd = [fake.connect() for _ in range(150)]
        fakes.wait_until(lambda: fake.events("notice"), "nothing is said about descriptors")
        assert early.batch("SELECT 1").rows == [[1]], "keeps serving whom it has"
        said = [e for e in fake.events("notice") if "descriptor" in str(e).lower()]
        assert len(said) == 1
        for client in crowd:
            client.close()
        for _ in range(10):
            fake.healthy()
        assert early.batch("SELECT 1").rows == [[1]]
    said = [e for e in fake.events("notice") if "descriptor" in str(e).lower()]
    assert len(said) <= 2, "once, and perhaps that it is over"
    assert fake.stop() == 0
