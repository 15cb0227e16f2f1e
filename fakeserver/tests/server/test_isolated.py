"""`tdsfake exec --isolated`: a network of their own for the scenario and the command."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest
from fake import binary

NOBODY = 65534
here = os.path.dirname(os.path.abspath(__file__))


def own_namespaces():
    """Whether this machine allows what --isolated needs; the same steps, by somebody else's program."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    tried = subprocess.run([unshare, "-Urnm", "mount", "--make-rprivate", "/"], capture_output=True, timeout=30)
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(not own_namespaces(), reason="this machine allows no user namespaces (unshare -Urnm)")

SERVER = """tdsfake: 1
server:
  names: [ag.test, listener]
  listen: [10.9.0.1, 10.9.0.2, "fd00::9"]
  faults:
    - {at: prelogin, when: {to: 10.9.0.1}, unused: allowed, do: reset}
"""
# What a command sees, told by a program inside.
LOOK = """
import json, os, socket, sys
sys.path.append(sys.argv[1])
from tds_client import logged_in
def capabilities():
    lines = open("/proc/self/status").read().splitlines()
    return {line.split(":")[0]: int(line.split()[1], 16) for line in lines if line.startswith("Cap")}
def logs_in(host, port=1433):
    try:
        logged_in((host, port)).close()
        return "in"
    except OSError as failure:
        return type(failure).__name__
    except Exception as failure:
        return str(failure)
def raw():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
        return "allowed"
    except PermissionError:
        return "denied"
def found(name):
    try:
        return list(dict.fromkeys(one[4][0] for one in socket.getaddrinfo(name, 1433, type=socket.SOCK_STREAM)))
    except socket.gaierror as failure:
        return failure.errno
print(json.dumps({
    "capabilities": capabilities(), "raw": raw(), "names": {n: found(n) for n in ("ag.test", "listener", "other.test")},
    "first": logs_in("10.9.0.1"), "second": logs_in("10.9.0.2"), "loopback": logs_in("127.0.0.1"),
    "port": os.environ.get("TDSFAKE_PORT"), "devices": [name for _, name in socket.if_nameindex()], "uid": os.getuid(),
}))
"""


def isolated(folder, scenario, command, *options, user=None, prefix=(), program=binary):
    path = folder / "scenario.yaml"
    path.write_text(scenario)
    path.chmod(0o644)
    run = [*prefix, str(program), "exec", str(path), "--isolated", "--quiet", *options, "--", *command]
    more = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    return subprocess.run(run, capture_output=True, text=True, timeout=60, **more)


def look(folder):
    done = isolated(folder, SERVER, [sys.executable, "-c", LOOK, here])
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_real_port_at_every_address(tmp_path):
    seen = look(tmp_path)
    assert seen["port"] == "1433"
    assert seen["second"] == "in"
    assert seen["first"] != "in", "the fault at the first address"
    assert seen["loopback"] == "ConnectionRefusedError"


def test_names_resolve_to_all_addresses_in_order(tmp_path):
    names = look(tmp_path)["names"]
    assert names["ag.test"] == names["listener"]
    assert [at for at in names["ag.test"] if ":" not in at] == ["10.9.0.1", "10.9.0.2"]
    assert "fd00::9" in names["ag.test"]
    assert isinstance(names["other.test"], int), "nothing else resolves"


def test_the_command_has_no_capability(tmp_path):
    seen = look(tmp_path)
    assert set(seen["capabilities"].values()) == {0}
    assert seen["raw"] == "denied"
    assert seen["devices"] == ["lo"], "the machine's own network is not there"
    assert seen["uid"] == os.getuid()


@pytest.mark.not_sanitized  # nobody may not write where a sanitizer wants to
@pytest.mark.skipif(os.geteuid() != 0, reason="to become another user, root is needed")
def test_an_ordinary_user_can_do_it():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)  # what it needs, where everybody can read it
        folder.chmod(0o755)
        shutil.copy(binary, folder / "tdsfake")
        for module in pathlib.Path(here).glob("tds_*.py"):
            shutil.copy(module, folder)
        command = ["/usr/bin/python3", "-c", LOOK, name]
        done = isolated(folder, SERVER, command, user=NOBODY, program=folder / "tdsfake")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["second"] == "in"
    assert set(seen["capabilities"].values()) == {0}
    assert seen["uid"] == NOBODY


def test_counting_connects_needs_no_privilege_inside(tmp_path):
    counting = """tdsfake: 1
server: {gate: [refuse: {attempts: 2}, accept]}
verify: [attempts: 3]
"""
    attempt = """
import socket
outcomes = []
for _ in range(3):
    try:
        socket.create_connection(("127.0.0.1", 1433), 10).close()
        outcomes.append("in")
    except ConnectionRefusedError:
        outcomes.append("refused")
print(outcomes)
"""
    done = isolated(tmp_path, counting, [sys.executable, "-c", attempt])
    assert done.stdout.strip() == "['refused', 'refused', 'in']", done.stderr
    assert done.returncode == 0, done.stderr


def test_the_browser_answers_at_1434(tmp_path):
    browser = "tdsfake: 1\nserver: {identity: {instance: SALES}}\nbrowser: {}\n"
    ask = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    asking.settimeout(10)
    asking.sendto(bytes([4]) + b"SALES" + bytes(1), ("127.0.0.1", 1434))
    print(asking.recv(4096)[3:].decode())
"""
    done = isolated(tmp_path, browser, [sys.executable, "-c", ask])
    assert "InstanceName;SALES" in done.stdout and ";tcp;1433;" in done.stdout, done.stderr


def test_a_second_server_at_the_same_address_gets_a_free_port(tmp_path):
    two = "tdsfake: 1\nservers: {a: {}, b: {}}\n"
    done = isolated(tmp_path, two, ["sh", "-c", "echo $TDSFAKE_A_PORT $TDSFAKE_B_PORT"])
    first, second = done.stdout.split()
    assert first == "1433" and second not in ("0", "1433")


def test_the_exit_code_is_the_commands_or_that_of_the_expectations(tmp_path):
    assert isolated(tmp_path, "tdsfake: 1\n", ["sh", "-c", "exit 7"]).returncode == 7
    assert isolated(tmp_path, "tdsfake: 1\nverify: [logins: 1]\n", ["true"]).returncode == 1
    assert isolated(tmp_path, "tdsfake: 1\n", ["true"]).returncode == 0


def test_journal_and_ready_file_can_be_read_outside(tmp_path):
    ready, journal = tmp_path / "ready.json", tmp_path / "journal.jsonl"
    done = isolated(tmp_path, "tdsfake: 1\n", ["true"], "--ready-file", str(ready), "--journal", str(journal))
    assert done.returncode == 0, done.stderr
    assert json.loads(ready.read_text())["servers"]["server"]["port"] == 1433
    assert "verdict" in journal.read_text()


def test_this_machine_is_left_as_it_was(tmp_path):
    def state():
        return open("/etc/hosts").read(), socket.if_nameindex(), open("/proc/self/mountinfo").read()

    before = state()
    look(tmp_path)
    assert state() == before


def test_a_machine_that_denies_it_says_what_to_allow(tmp_path):
    """In a user namespace whose own limit is nought: as on a machine with user.max_user_namespaces=0."""
    limit = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\""
    done = isolated(
        tmp_path, "tdsfake: 1\n", ["echo", "reached"], prefix=["unshare", "-Ur", "sh", "-c", limit, "sh"]
    )
    assert done.returncode == 3
    assert "reached" not in done.stdout
    assert "--isolated: cannot make namespaces of its own (unshare)" in done.stderr
    assert "user.max_user_namespaces" in done.stderr


def test_names_outside_of_an_isolated_run_are_told(tmp_path):
    path = tmp_path / "named.yaml"
    path.write_text("tdsfake: 1\nserver: {names: ag.test}\n")
    done = subprocess.run(
        [binary, "exec", str(path), "--quiet", "--", "true"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert "ag.test is known in `tdsfake exec --isolated` only" in done.stderr
