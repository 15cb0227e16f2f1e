"""tshark's TDS dissector reads every healthy packet of the server without complaint."""

import subprocess

import fake as fakes
import pytest
import tds_messages as m
from story import must_fail

WARNING = 0x600000  # expert severity: chat, note, warning, error
FIELDS = [
    "frame.number",
    "tcp.srcport",
    "tcp.len",
    "tds.type",
    "_ws.malformed",
    "_ws.expert.severity",
    "_ws.expert.message",
    "frame.protocols",
]

QUERIES = """queries:
  - {match: SELECT people, columns: {id: int, name: nvarchar(50)}, rows: [[1, Ann], [2, null], [null, "ß€漢"]]}
  - {match: SELECT many, columns: {text: nvarchar(4000)}, rows: [[LONG], [LONG], [LONG], [LONG]]}
  - {match: /^insert/, affected: 3}""".replace("LONG", "x" * 3000)


def dissect(capture, port, path):
    """One dict per frame of the server: the fields, as tshark prints them."""
    capture.save(port, path)
    command = [
        "tshark",
        "-r",
        str(path),
        "-d",
        f"tcp.port=={port},tds",
        "-Y",
        f"tcp.srcport=={port}",
        "-T",
        "fields",
    ]
    for name in FIELDS:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [dict(zip(FIELDS, line.split("\t"))) for line in done.stdout.splitlines()]


def complaints(frames):
    found = []
    for frame in frames:
        severities = [int(s, 0) for s in frame["_ws.expert.severity"].split(",") if s]
        if frame["_ws.malformed"] or any(s >= WARNING for s in severities):
            found.append((frame["frame.number"], frame["_ws.malformed"], frame["_ws.expert.message"]))
    return found


def expect_clean(capture, fake, path, messages):
    frames = dissect(capture, fake.port, path)
    assert not complaints(frames), complaints(frames)
    spoken = [f for f in frames if f["tcp.len"] != "0"]
    dissected = [f for f in spoken if "tds" in f["frame.protocols"].split(":")]
    assert len(dissected) >= messages, "every message was recognised as TDS"
    # A frame without a type is a part of a message that tshark shows reassembled in a later one.
    assert {t for f in dissected for t in f["tds.type"].split(",") if t} == {"4"}


def talk(fake, tds):
    """Every kind of healthy answer of this version; how many messages that were."""
    with fake.connect(tds) as client:
        client.prelogin()
        assert client.login(user="ann", database="orders", app="dissected").logged_in
        said = 2
        for sql in (
            "SELECT 1",
            "SELECT @@VERSION",
            "SELECT people",
            "SELECT many",
            "insert t",
            "SELECT unknown",
            "SET TEXTSIZE 2147483647",
            "use [orders]",
        ):
            client.batch(sql)
            said += 1
        if m.is_wide(tds):
            client.begin()
            client.commit()
            client.begin()
            client.rollback()
            said += 4
        client.send_rpc("SELECT people")
        client.read_message()
        client.batch("SELECT 1", status=m.RESET_CONNECTION)
        client.send_attention()
        client.read_message()
        client.half_close()
        client.expect_end("FIN")
        return said + 3


@pytest.mark.parametrize("tds", ["7.1", "7.2", "7.3", "7.4"])
def test_healthy_conversation(capture, start, tmp_path, tds):
    fake = start(fakes.scenario(server=QUERIES))
    expect_clean(capture, fake, tmp_path / "wire.pcap", talk(fake, tds))


def test_errors_of_the_catalogue(capture, start, tmp_path):
    numbers = [18456, 40613, 4060, 17142, 18488, 40501, 10928, 17809]
    faults = [f"{{at: login, when: {{user: u{n}}}, do: {{error: {n}}}}}" for n in numbers]
    fake = start(fakes.scenario(faults))
    for n in numbers:
        with fake.connect() as client:
            client.prelogin()
            assert client.login(user=f"u{n}", database="orders").errors == [n]
            client.expect_end("FIN")
    expect_clean(capture, fake, tmp_path / "wire.pcap", 2 * len(numbers))


def test_cancelled_request(capture, start, tmp_path):
    fake = start(fakes.scenario(["{at: query, times: 1, do: {wait: 1m}}"]))
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        client.send_attention()
        client.read_message()
        client.read_message()
        assert client.batch("SELECT 1").rows == [[1]]
    expect_clean(capture, fake, tmp_path / "wire.pcap", 4)


@pytest.mark.parametrize(
    "fault",
    [
        "{at: query, do: {send: {packet: {type: 4, status: 1, payload: aa 40 00 18 48 00 00 01}}}}",
        "{at: prelogin, do: {reply: {version: {value: 16.0.4115.0, offset: 900}}}}",
        "{at: query, do: {send: {hex: 04 01 00 0e 00 33 01 00 81 05 00 00 00 00}}}",
    ],
)
def test_red_control_what_is_wrong_is_seen(capture, start, tmp_path, fault):
    fake = start(fakes.scenario([fault]))
    with fake.connect() as client:
        client.send_prelogin()
        client.read_message()
        client.send_login()
        client.read_message()
        client.send_batch("SELECT 1")
        client.read_message()
        must_fail(lambda: expect_clean(capture, fake, tmp_path / "wire.pcap", 3), tries=1)
