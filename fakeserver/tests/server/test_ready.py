"""Ready means ready: what is announced, when, and that the port stays the server's own."""

import json
import socket
import threading
import time

import fake as fakes
import pytest
import tds_client

TWO_SERVERS = "tdsfake: 1\nservers: {principal: {}, partner-2: {gate: refuse}}\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_ready_line_is_one_stable_line(start):
    fake = start()
    lines = [line for line in fake.stdout.splitlines() if "READY" in line]
    assert lines == [f"READY server=127.0.0.1:{fake.port}"]
    assert fake.stdout.startswith("READY") or "\nREADY" in fake.stdout


def test_ready_as_json(start):
    fake = start(None, "--format", "json")
    fake.healthy()
    fake.stop()
    events = [json.loads(line) for line in fake.stdout.splitlines()]
    ready = [e for e in events if e["event"] == "ready"]
    assert len(ready) == 1
    address = f"127.0.0.1:{fake.port}"
    assert ready[0]["pid"] == fake.process.pid
    expected = {"host": "127.0.0.1", "port": fake.port, "address": address, "addresses": [address]}
    assert ready[0]["servers"] == {"server": expected}


def test_ready_file_is_the_same_json(start):
    fake = start()
    assert fake.ready["event"] == "ready" and fake.ready["pid"] == fake.process.pid
    assert fake.ready["servers"]["server"]["address"] == f"127.0.0.1:{fake.port}"


def test_ready_file_is_never_seen_half_written(start):
    """Watched from before the start: as soon as it exists it is whole, and no temporary file stays behind."""
    for _ in range(10):
        fake = start(None, wait=False)
        deadline = time.monotonic() + fakes.starting
        while True:
            assert time.monotonic() < deadline and fake.process.poll() is None, fake.stderr
            try:
                text = fake.ready_file.read_text()
                break
            except FileNotFoundError:
                continue
        assert json.loads(text)["event"] == "ready"
        names = {path.name for path in fake.folder.iterdir()}
        assert names <= {"story.yaml", "ready.json", "journal.jsonl", "stdout.txt", "stderr.txt"}, names
        fake.kill()


def test_stale_ready_file_is_replaced(start, tmp_path):
    """A file of an earlier run must not be taken for this one's."""
    folder = tmp_path / "run0"
    folder.mkdir()
    (folder / "ready.json").write_text(
        '{"event": "ready", "pid": 1, "servers": {"server": {"host": "127.0.0.1", "port": 1}}}'
    )
    fake = start(None, wait=False)
    fakes.wait_until(
        lambda: json.loads(fake.ready_file.read_text())["pid"] == fake.process.pid, "stale file stays"
    )


@pytest.mark.parametrize("gate", ["accept", "refuse"])
def test_the_port_behaves_as_soon_as_it_is_announced(start, gate):
    for _ in range(8):
        fake = start(fakes.scenario(gate=gate))
        if gate == "accept":
            fake.connect().close()
        else:
            with pytest.raises(ConnectionRefusedError):
                fake.connect()
        fake.kill()


def test_journal_begins_with_ready(start):
    fake = start()
    first = fake.wait_event("ready")
    assert first["seq"] <= 2 and first["t"] >= 0


def test_port_zero_gives_each_run_its_own_port(start):
    ports = {start().port for _ in range(4)}
    assert len(ports) == 4 and 0 not in ports


def test_listen_option_with_a_port(start):
    port = free_port()
    fake = start(None, "--listen", f"127.0.0.1:{port}")
    assert fake.address == ("127.0.0.1", port)
    fake.healthy()


def test_listen_option_with_another_address(start):
    fake = start(None, "--listen", "127.0.0.9")
    assert fake.address[0] == "127.0.0.9" and fake.port
    fake.healthy()
    with pytest.raises(ConnectionRefusedError):
        tds_client.connect(("127.0.0.1", fake.port))


def test_several_servers(start):
    fake = start(TWO_SERVERS)
    principal, partner = fake.address_of("principal"), fake.address_of("partner-2")
    assert principal != partner
    tds_client.logged_in(principal).close()
    with pytest.raises(ConnectionRefusedError):
        tds_client.connect(partner)
    line = [line for line in fake.stdout.splitlines() if line.startswith("READY")][0]
    assert line == f"READY principal=127.0.0.1:{principal[1]} partner-2=127.0.0.1:{partner[1]}"


# ------------------------------------------------------------------------------------------------- IPv6

BOTH = 'listen: [127.0.0.1, "[::1]"]'


def test_both_families_share_one_port(start):
    fake = start(fakes.scenario(server=BOTH))
    assert fake.ready["servers"]["server"]["addresses"] == [f"127.0.0.1:{fake.port}", f"[::1]:{fake.port}"]
    for host in ("127.0.0.1", "::1"):
        tds_client.logged_in((host, fake.port)).close()


@pytest.mark.parametrize("gate", ["refuse", "accept"])
def test_gate_holds_for_both_families(start, gate):
    fake = start(fakes.scenario(server=BOTH, gate=gate))
    for host in ("127.0.0.1", "::1"):
        if gate == "refuse":
            with pytest.raises(ConnectionRefusedError):
                tds_client.connect((host, fake.port))
        else:
            tds_client.connect((host, fake.port)).close()


def test_an_address_may_have_its_own_gate(start):
    fake = start(fakes.scenario(server='listen: [127.0.0.1, {address: "[::1]", gate: refuse}]'))
    tds_client.logged_in(("127.0.0.1", fake.port)).close()
    with pytest.raises(ConnectionRefusedError):
        tds_client.connect(("::1", fake.port))


# ------------------------------------------------------------------------------------- the port is held


def bind_fails(family, address, port, option):
    with socket.socket(family) as stranger:
        if option:
            stranger.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            stranger.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address == "::" else 1)
        try:
            stranger.bind((address, port))
            stranger.listen()
        except OSError as error:
            return error.errno == 98  # EADDRINUSE
        return False


OPTIONS = {"plain": 0, "reuseaddr": socket.SO_REUSEADDR, "reuseport": socket.SO_REUSEPORT}


@pytest.mark.parametrize("gate", ["refuse", "accept", "drop"])
@pytest.mark.parametrize("option", list(OPTIONS))
def test_the_port_stays_ours(start, gate, option):
    fake = start(fakes.scenario(server=BOTH, gate=gate))
    strangers = [
        (socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET, "0.0.0.0"),
        (socket.AF_INET6, "::1"),
        (socket.AF_INET6, "::"),
    ]
    for family, address in strangers:
        assert bind_fails(family, address, fake.port, OPTIONS[option]), f"{address} could be taken"


def test_red_control_a_free_port_can_be_bound():
    assert not bind_fails(socket.AF_INET, "127.0.0.1", free_port(), 0)


def test_the_port_stays_ours_while_the_gate_flips(start):
    fake = start(
        fakes.scenario(
            [
                "{at: start, do: ["
                + "gate: refuse, wait: 5ms, gate: accept, wait: 5ms, " * 40
                + "signal: done]}"
            ]
        )
    )
    taken = []
    stop = threading.Event()

    def try_to_take():
        while not stop.is_set():
            if not bind_fails(socket.AF_INET, "127.0.0.1", fake.port, socket.SO_REUSEADDR):
                taken.append(time.monotonic())

    thief = threading.Thread(target=try_to_take)
    thief.start()
    fake.wait_event("signal", name="done")
    stop.set()
    thief.join()
    assert not taken
    fake.healthy()


def test_the_port_is_free_after_the_end(start):
    fake = start()
    fake.logged_in().close()
    port = fake.port
    fake.stop()
    again = start(None, "--listen", f"127.0.0.1:{port}")
    assert again.port == port


def test_not_on_loopback_is_said_loudly(start):
    fake = start(None, "--listen", "0.0.0.0")
    said = (fake.stdout + fake.stderr).lower()
    assert "loopback" in said or "other machines" in said, said


def test_ready_file_that_cannot_be_written_is_told_before_ready(tmp_path):
    done = fakes.tdsfake("run", "-", "--ready-file", tmp_path / "missing/ready.json", input="tdsfake: 1\n")
    assert done.returncode in (2, 3) and "missing/ready.json" in done.stderr
    assert "READY" not in done.stdout, "nobody may believe in a server that is about to end"
