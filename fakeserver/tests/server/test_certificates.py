"""Certificates as a client that verifies sees them, and what TLS leaves behind: --ca-file, --tls-keylog."""

import os
import shutil
import ssl
import stat
import subprocess
import sys

import fake as fakes
import pytest
from fake import tdsfake


@pytest.fixture
def serve(start, tmp_path):
    """serve(identity) -> Fake, whose `ca` is the file to trust."""

    def go(identity="encryption: off", *options, server=""):
        ca = tmp_path / f"ca{len(list(tmp_path.iterdir()))}.pem"
        text = f"tdsfake: 1\nserver:\n  identity: {{{identity}}}\n{server}"
        fake = start(text, "--ca-file", str(ca), *options)
        fake.ca = str(ca)
        return fake

    return go


def handshake(fake, host="localhost", **options):
    with fake.connect() as client:
        client.prelogin(encryption=1)
        client.start_tls(host=host, ca=fake.ca, **options)
        assert client.login().logged_in


def handshake_strict(fake, host="localhost", **options):
    with fake.connect() as client:
        client.start_strict(host=host, ca=fake.ca, **options)
        client.prelogin()
        assert client.login().logged_in


WAYS = [handshake, handshake_strict]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["trusted", "long-chain"])
def test_good_ones_are_verified(serve, kind, way):
    fake = serve(f"encryption: off, certificate: {kind}")
    for host in ("localhost", "127.0.0.1"):
        way(fake, host)
    assert fake.stop() == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "kind, client_says, alert",
    [
        ("self-signed", "self-signed certificate", "unknown-ca"),
        ("expired", "certificate has expired", "certificate-expired"),
        ("not-yet-valid", "certificate is not yet valid", "bad-certificate"),
        ("wrong-name", "Hostname mismatch", "bad-certificate"),
        ("weak", "EE certificate key too weak|CA md too weak", "bad-certificate"),
    ],
)
def test_bad_ones_are_refused(serve, kind, client_says, alert, way):
    fake = serve(f"encryption: off, certificate: {kind}")
    with pytest.raises(ssl.SSLCertVerificationError, match=client_says):
        way(fake)
    assert alert in fake.wait_event("violation")["reason"]
    with fake.connect() as client:  # and a client that does not verify takes them all
        client.prelogin(encryption=1)
        client.start_tls(ciphers="ALL:@SECLEVEL=0")
        assert client.login().logged_in
    assert fake.stop() == 0


def test_the_authority_of_another_run_is_not_trusted(serve):
    one, other = serve(), serve()
    handshake(one)
    one.ca = other.ca
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(one)


def test_names(serve):
    fake = serve("encryption: off, certificate: {names: [db.example, '*.wild.example', 192.0.2.7]}")
    for host in ("localhost", "127.0.0.1", "::1", "db.example", "a.wild.example", "192.0.2.7"):
        handshake(fake, host)
    for host in ("other.example", "192.0.2.8"):
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            handshake(fake, host)


def test_the_address_listened_on_is_a_name(serve):
    fake = serve(server="  listen: 127.0.0.9\n")
    handshake(fake, "127.0.0.9")
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(fake, "127.0.0.10")


def test_two_servers_of_a_run_share_the_authority(start, tmp_path):
    ca = tmp_path / "ca.pem"
    fake = start(
        "tdsfake: 1\nservers:\n  a: {identity: {encryption: required}}\n"
        "  b: {identity: {encryption: required, certificate: expired}}\n",
        "--ca-file",
        str(ca),
    )
    import tds_client

    for name, good in (("a", True), ("b", False)):
        with tds_client.Client(fake.address_of(name)) as client:
            client.prelogin(encryption=1)
            if good:
                client.start_tls(ca=str(ca))
            else:
                with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
                    client.start_tls(ca=str(ca))


# ----------------------------------------------------------------------------------------- certificates of clients


def client_pem(folder):
    path = folder / "client.pem"
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=somebody -days 2".split()
        + ["-keyout", str(path), "-out", str(folder / "certificate.pem")],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + (folder / "certificate.pem").read_text())
    return str(path)


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes certificates with the command openssl")
@pytest.mark.parametrize("policy, without, named", [("none", True, False), ("ask", True, True), ("require", False, True)])
def test_client_certificates(serve, tmp_path, policy, without, named):
    fake = serve(f"encryption: off, tls: {{client-certificate: {policy}}}")
    handshake(fake, certificate=client_pem(tmp_path))
    seen = fake.wait_event("received", message="TLS", flight="client-finished")
    assert seen.get("client-certificate") == ("CN=somebody" if named else None)
    if without:
        handshake(fake)
    else:
        with pytest.raises((ssl.SSLError, AssertionError)):
            handshake(fake)
        assert "peer did not return a certificate" in fake.wait_event("violation")["reason"]


# ------------------------------------------------------------------------------------------------- files of the user


@pytest.fixture
def own_files(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("makes certificates with the command openssl")
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=own -days 2".split()
        + ["-addext", "subjectAltName=DNS:own.example", "-keyout", str(tmp_path / "own.key")]
        + ["-out", str(tmp_path / "own.pem")],
        check=True,
        capture_output=True,
    )
    return tmp_path


def test_files_relative_to_the_scenario(start, own_files):
    story = own_files / "story.yaml"
    story.write_text(
        "tdsfake: 1\nserver: {identity: {encryption: off, certificate: {file: own.pem, key: own.key}}}\n"
    )
    fake = start(file=story)
    fake.ca = str(own_files / "own.pem")
    handshake(fake, "own.example")
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(fake, "localhost")


@pytest.mark.parametrize(
    "break_it, says",
    [
        (lambda f: (f / "own.pem").write_text("nothing"), "own.pem: holds no certificate"),
        (lambda f: (f / "own.key").write_text("nothing"), "own.key: holds no private key"),
        (lambda f: shutil.copy(client_pem(f), f / "own.key"), "does not belong to the certificate"),
    ],
)
def test_wrong_files_fail_at_the_start(own_files, break_it, says):
    break_it(own_files)
    story = own_files / "story.yaml"
    story.write_text(
        "tdsfake: 1\nserver: {identity: {encryption: off, certificate: {file: own.pem, key: own.key}}}\n"
    )
    done = tdsfake("run", story)
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_unknown_ciphers_fail_at_the_start(tmp_path):
    story = tmp_path / "story.yaml"
    story.write_text("tdsfake: 1\nserver: {identity: {encryption: off, tls: {ciphers: NO-SUCH-CIPHER}}}\n")
    done = tdsfake("run", story)
    assert done.returncode == 2 and "NO-SUCH-CIPHER" in done.stderr


# -------------------------------------------------------------------------------------------------- options of run


def test_ca_file_is_there_and_whole_when_ready(serve):
    fake = serve()
    text = open(fake.ca).read()
    assert text.startswith("-----BEGIN CERTIFICATE-----") and text.rstrip().endswith("-----END CERTIFICATE-----")
    left = [name for name in os.listdir(os.path.dirname(fake.ca)) if name.endswith(".tmp")]
    assert not left


@pytest.mark.parametrize("option", ["--ca-file", "--tls-keylog"])
def test_files_that_cannot_be_written_fail_at_the_start(tmp_path, option):
    nowhere = tmp_path / "no" / "file"
    done = tdsfake("run", "refused-10061", option, nowhere)
    assert done.returncode == 2 and option in done.stderr and str(nowhere) in done.stderr


def test_keylog_is_appended_to_for_its_owner_only(serve, tmp_path):
    log = tmp_path / "keys.log"
    log.write_text("# mine\n")
    fake = serve("encryption: off", "--tls-keylog", str(log))
    handshake(fake)
    handshake_strict(fake)
    lines = log.read_text().splitlines()
    assert lines[0] == "# mine"
    labels = [line.split()[0] for line in lines[1:]]
    assert labels.count("CLIENT_RANDOM") == 1
    assert labels.count("SERVER_TRAFFIC_SECRET_0") == labels.count("CLIENT_TRAFFIC_SECRET_0") == 1
    assert all(len(line.split()) == 3 for line in lines[1:])

    fresh = tmp_path / "fresh.log"
    handshake(serve("encryption: off", "--tls-keylog", str(fresh)))
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600


def test_keylog_is_not_written_unasked(serve, tmp_path, monkeypatch):
    """SSLKEYLOGFILE is a matter of clients."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "unasked.log"))
    fake = serve()
    monkeypatch.delenv("SSLKEYLOGFILE")
    handshake(fake)
    assert not (tmp_path / "unasked.log").exists()


def test_exec_tells_the_command_where_the_authority_is(tmp_path):
    command = [sys.executable, "-c", "import os; print(open(os.environ['TDSFAKE_CA_FILE']).readline())"]
    done = tdsfake("exec", "login-close", "--ca-file", "ca.pem", "--", *command, cwd=tmp_path)
    assert "BEGIN CERTIFICATE" in done.stdout, done
    without = [sys.executable, "-c", "import os; print(os.environ.get('TDSFAKE_CA_FILE'))"]
    assert "None" in tdsfake("exec", "login-close", "--", *without, cwd=tmp_path).stdout


def test_nothing_of_openssl_is_loaded_until_tls_is_used(start):
    fake = start()

    def loaded():
        return "libssl" in open(f"/proc/{fake.process.pid}/maps").read()

    with fake.connect() as client:
        client.prelogin(encryption=2)
        assert client.login().logged_in
    assert not loaded()
    with fake.connect() as client:
        client.prelogin(encryption=1)
        client.start_tls()
    assert loaded()
