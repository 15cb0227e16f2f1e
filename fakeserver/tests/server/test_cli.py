"""The program as a user meets it: exit codes, exec, check, list, show, schema, what is said when something is wrong."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import fake as fakes
import pytest
from fake import tdsfake

UNMET = "tdsfake: 1\nverify: [{logins: 3}]\n"


@pytest.fixture
def write(tmp_path):
    def go(text, name="story.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return go


# ---------------------------------------------------------------------------------------- run: exit codes


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("text, code", [("tdsfake: 1\n", 0), (UNMET, 1)])
def test_signals_end_with_the_verdict(start, how, text, code):
    fake = start(text)
    fake.logged_in().close()
    fake.wait_event("closed")
    assert fake.stop(how, within=10) == code
    verdict = fake.events("verdict")
    assert [e["met"] for e in verdict] == [code == 0]
    if code:
        assert "logins: 3" in fake.stdout and "1" in fake.stdout, "what was expected and what was seen"
        unmet = fake.events("unmet")[0]
        assert "logins" in unmet["text"] and unmet["line"] == 2


def test_open_connections_do_not_delay_the_end(start):
    fake = start(fakes.scenario(["{at: login, do: {wait: 1h}}"]))
    clients = [fake.connect() for _ in range(50)]
    for client in clients:
        client.prelogin()
        client.send_login()
    fake.wait_event("fault", 50)
    assert fake.stop(within=5) == 0
    for client in clients:
        client.close()


def test_unused_fault_is_unmet(start):
    fake = start(fakes.scenario(["{at: attention, do: ignore}"]))
    assert fake.stop() == 1
    assert any(e["line"] == 4 for e in fake.events("unmet"))


def test_unused_fault_may_be_allowed(start):
    assert start(fakes.scenario(["{at: attention, unused: allowed, do: ignore}"])).stop() == 0


@pytest.mark.parametrize(
    "arguments", [[], ["run"], ["run", "--no-such-option", "x.yaml"], ["dance"], ["check"]]
)
def test_usage_errors_exit_2(arguments):
    done = tdsfake(*arguments)
    assert done.returncode == 2 and done.stderr, done


def test_missing_file_exits_2_and_says_what_to_do():
    done = tdsfake("run", "no-such-scenario")
    assert done.returncode == 2 and "no-such-scenario" in done.stderr and "tdsfake list" in done.stderr


BAD = "tdsfake: 1\nserver:\n  gate: acept\n  faults:\n    - {at: logn, do: close}\n    - {at: login, do: {wait: 5}}\n"


def test_scenario_error_exits_2_and_nothing_listens(write, tmp_path):
    path = write(BAD)
    done = tdsfake("run", path, "--ready-file", tmp_path / "ready.json")
    assert done.returncode == 2
    assert not (tmp_path / "ready.json").exists() and "READY" not in done.stdout
    assert re.search(rf"^{re.escape(str(path))}:5:\d+: error: ", done.stderr, re.M), done.stderr


def test_check_finds_all_errors_with_places_and_remedies(write):
    path = write(BAD)
    done = tdsfake("check", path)
    said = done.stdout + done.stderr
    assert done.returncode == 2
    places = re.findall(rf"^{re.escape(str(path))}:(\d+):(\d+): error: ", said, re.M)
    assert {int(line) for line, _ in places} == {3, 5, 6}, said
    assert "accept" in said and "login" in said, "did you mean"
    assert re.search(r"5(ms|s)", said), "a duration needs its unit"


@pytest.mark.parametrize(
    "text, place, word",
    [
        ("server: {}\n", None, "tdsfake: 1"),
        ("tdsfake: 1\nserver: {faults: [{at: login, do: close, do: reset}]}\n", (2, 42), "do"),
        ("tdsfake: 1\nserver: {gate: accept}\nserver: {gate: refuse}\n", (3, 1), "server"),
        ("tdsfake: 1\nserver:\n  fautls: []\n", (3, 3), "faults"),
        ("tdsfake: 1\nserver: {faults: [{at: prelogin, when: {user: sa}, do: close}]}\n", (2, None), "user"),
        ("tdsfake: 1\nserver: {faults: [{at: login, do: {error: 99999}}]}\n", (2, None), "99999"),
        ("tdsfake: 1\nserver: {faults: [{at: login, do: {wait: $pause}}]}\n", (2, None), "pause"),
        ("tdsfake: 1\n---\ntdsfake: 1\n", None, "document"),
        ("tdsfake: 1\nserver: {\n", (None, None), "yaml"),
        ("tdsfake: 2\n", (1, None), "1"),
        ("tdsfake: 1\nserver: {faults: [{at: query, when: {sql: /a(/}, do: close}]}\n", (2, None), "/a(/"),
    ],
)
def test_check_names_the_place(write, text, place, word):
    done = tdsfake("check", write(text))
    said = done.stdout + done.stderr
    assert done.returncode == 2
    found = re.search(r"story\.yaml:(\d+):(\d+): error: (.*)", said)
    assert found, said
    if place and place[0]:
        assert int(found[1]) == place[0], said
    if place and place[1]:
        assert int(found[2]) == place[1], said
    assert word.lower() in said.lower(), said


def test_check_of_good_files_exits_0(write):
    assert tdsfake("check", write("tdsfake: 1\n", "a.yaml"), write(UNMET, "b.yaml")).returncode == 0


def test_check_of_several_files_names_the_bad_one(write):
    done = tdsfake("check", write("tdsfake: 1\n", "good.yaml"), write(BAD, "bad.yaml"))
    assert done.returncode == 2
    assert "bad.yaml:3" in done.stdout + done.stderr and "good.yaml:" not in done.stderr


def test_port_in_use_exits_3_and_names_port_and_holder():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = tdsfake("run", "-", "--listen", f"127.0.0.1:{port}", input="tdsfake: 1\n")
    assert done.returncode == 3
    assert str(port) in done.stderr and str(os.getpid()) in done.stderr, done.stderr


def test_address_that_is_not_ours_exits_3():
    done = tdsfake("run", "-", "--listen", "192.0.2.1:14330", input="tdsfake: 1\n")
    assert done.returncode == 3 and "192.0.2.1" in done.stderr


# ------------------------------------------------------------------------------------------------ params


def test_set_changes_a_param(start):
    text = "tdsfake: 1\nparams: {failures: 1}\nserver: {faults: [{at: login, times: $failures, do: {error: 40613}}]}\n"
    for options, expected in ((), 1), (("--set", "failures=3"), 3):
        fake = start(text, *options)
        refused = 0
        for _ in range(5):
            with fake.connect() as client:
                client.prelogin()
                refused += not client.login().logged_in
        assert refused == expected


def test_set_of_an_unknown_param_exits_2(write):
    done = tdsfake("run", write("tdsfake: 1\nparams: {failures: 1}\n"), "--set", "failurs=2")
    assert done.returncode == 2 and "failurs" in done.stderr and "failures" in done.stderr


def test_scenario_from_stdin(tmp_path):
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [fakes.binary, "run", "-", "--ready-file", str(ready)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        process.stdin.write("tdsfake: 1\nserver: {gate: refuse}\n")
        process.stdin.close()
        fakes.wait_until(ready.exists, "not ready")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(
                ("127.0.0.1", json.loads(ready.read_text())["servers"]["server"]["port"]), 5
            )
    finally:
        process.terminate()
        assert process.wait(30) == 0
        process.stdout.close()


def test_error_on_stdin_is_placed():
    done = tdsfake("check", "-", input="tdsfake: 1\nserver: {gate: acept}\n")
    assert done.returncode == 2 and ":2:16: error: " in done.stdout + done.stderr


# -------------------------------------------------------------------------------------------------- exec


def test_exec_gives_the_commands_exit_code():
    for code in (0, 7):
        assert tdsfake("exec", "-", "--", "sh", "-c", f"exit {code}", input="tdsfake: 1\n").returncode == code


def test_exec_exits_1_when_an_expectation_is_unmet():
    done = tdsfake("exec", "-", "--", "true", input=UNMET)
    assert done.returncode == 1 and "logins: 3" in done.stderr


def test_exec_prefers_the_commands_own_code():
    assert tdsfake("exec", "-", "--", "sh", "-c", "exit 9", input="tdsfake: 1\n").returncode == 9


def test_exec_tells_the_command_where_the_servers_are():
    script = "import os, json; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('TDSFAKE_')}))"
    text = "tdsfake: 1\nservers: {one: {}, node-2: {}}\n"
    done = tdsfake("exec", "-", "--", sys.executable, "-c", script, input=text)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (
        seen["TDSFAKE_ADDRESS"]
        == f"{seen['TDSFAKE_HOST']}:{seen['TDSFAKE_PORT']}"
        == seen["TDSFAKE_ONE_ADDRESS"]
    )
    assert seen["TDSFAKE_NODE_2_ADDRESS"] == f"{seen['TDSFAKE_NODE_2_HOST']}:{seen['TDSFAKE_NODE_2_PORT']}"
    assert seen["TDSFAKE_ONE_PORT"] != seen["TDSFAKE_NODE_2_PORT"]


def test_exec_runs_the_command_while_the_server_answers():
    script = "import os, socket; socket.create_connection((os.environ['TDSFAKE_HOST'], int(os.environ['TDSFAKE_PORT'])), 5)"
    done = tdsfake(
        "exec", "-", "--", sys.executable, "-c", script, input="tdsfake: 1\nverify: [{connections: 1}]\n"
    )
    assert done.returncode == 0, done.stderr


def test_exec_keeps_stdout_for_the_command():
    done = tdsfake("exec", "-", "--", "echo", "only this", input="tdsfake: 1\n")
    assert done.stdout == "only this\n"


def test_exec_of_a_missing_command_says_so():
    done = tdsfake("exec", "-", "--", "no-such-command-here", input="tdsfake: 1\n")
    assert done.returncode not in (0, 1) and "no-such-command-here" in done.stderr


def test_exec_without_the_dashes_says_where_they_go():
    done = tdsfake("exec", "-", "sh", "-c", "exit 4", input="tdsfake: 1\n")
    assert done.returncode == 2 and " -- " in done.stderr, done.stderr


def test_exec_of_a_command_that_a_signal_ends():
    """As a shell would say it: 128 and the number of the signal."""
    assert tdsfake("exec", "-", "--", "sh", "-c", "kill -9 $$", input="tdsfake: 1\n").returncode == 137


def test_exec_passes_a_signal_on_and_ends(tmp_path):
    process = subprocess.Popen(
        [fakes.binary, "exec", "refused-10061", "--", "sh", "-c", f"touch {tmp_path}/up; exec sleep 100"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    fakes.wait_until((tmp_path / "up").exists, "the command did not start")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode is not None


# ------------------------------------------------------------------------------------- list, show, schema


def test_version():
    done = tdsfake("--version")
    assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)


def test_help_names_the_commands():
    done = tdsfake("--help")
    assert done.returncode == 0
    for command in ("run", "exec", "check", "list", "show", "schema"):
        assert command in done.stdout


def test_list_names_every_library_scenario_with_its_about():
    done = tdsfake("list")
    assert done.returncode == 0
    for path in sorted((fakes.repository / "scenarios").rglob("*.yaml")):
        line = [line for line in done.stdout.splitlines() if path.stem in line.split()]
        assert line, f"{path.stem} is not listed"
        about = re.search(r"^about:\s*[\"']?(.{10})", path.read_text(), re.M)
        assert about and about[1] in done.stdout, f"{path.stem} has no about, or it is not listed"


def test_show_prints_the_file():
    for path in sorted((fakes.repository / "scenarios").rglob("*.yaml")):
        assert tdsfake("show", path.stem).stdout == path.read_text()


def test_show_of_an_unknown_name_suggests():
    done = tdsfake("show", "refused-10062")
    assert done.returncode == 2 and "refused-10061" in done.stderr


def test_schema_is_the_published_one():
    done = tdsfake("schema")
    assert done.returncode == 0
    assert json.loads(done.stdout) == json.loads(
        (fakes.repository / "scenarios/scenario.schema.json").read_text()
    )
