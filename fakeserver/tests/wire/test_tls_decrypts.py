"""The second judge of TLS: tshark reads the capture, and with the key log what is inside."""

import subprocess

import pytest
import tds_messages as m

NEEDLE = "what only the key log shows"
STORY = f"""tdsfake: 1
server:
  queries: [{{match: secret, columns: {{t: nvarchar(60)}}, rows: [[{NEEDLE}]]}}]
"""


def follow(capture, port, path, keys=None):
    """What tshark decrypts of the first TLS stream, both ways."""
    capture.save(port, path)
    command = ["tshark", "-r", str(path), "-d", f"tcp.port=={port},tls", "-q", "-z", "follow,tls,raw,0"]
    if keys:
        command += ["-o", f"tls.keylog_file:{keys}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    return b"".join(bytes.fromhex(line) for line in lines if line and set(line) <= set("0123456789abcdef"))


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tds_8_is_decrypted(capture, start, tmp_path, version):
    keys = tmp_path / "keys.log"
    fake = start(STORY, "--tls-keylog", str(keys))
    with fake.connect("8.0") as client:
        client.start_strict(max=version)
        client.prelogin()
        assert client.login().logged_in
        assert client.batch("secret").rows == [[NEEDLE]]
    fake.wait_event("closed")
    shown = follow(capture, fake.port, tmp_path / "wire.pcap", keys)
    for text in ("secret", NEEDLE, "Microsoft SQL Server"):
        assert text.encode("utf-16-le") in shown, text
    # The red control: without the keys there is nothing to read.
    assert NEEDLE.encode("utf-16-le") not in follow(capture, fake.port, tmp_path / "wire.pcap")


def complaints(capture, port, path, keys, decode):
    capture.save(port, path)
    command = ["tshark", "-r", str(path), "-d", f"tcp.port=={port},{decode}", "-o", f"tls.keylog_file:{keys}"]
    command += ["-Y", f"tcp.srcport=={port} && (_ws.malformed || _ws.expert.severity >= 0x600000)"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("kind", ["trusted", "long-chain"])
def test_the_handshake_inside_tds_7_is_one_that_tshark_accepts(capture, start, tmp_path, kind):
    keys = tmp_path / "keys.log"
    fake = start(STORY + f"  identity: {{certificate: {kind}}}\n", "--tls-keylog", str(keys))
    with fake.connect() as client:
        client.prelogin(encryption=m.ENCRYPT_ON)
        client.start_tls()
        assert client.login().logged_in
        assert client.batch("secret").rows == [[NEEDLE]]
    fake.wait_event("closed")
    assert not complaints(capture, fake.port, tmp_path / "wire.pcap", keys, "tds")
