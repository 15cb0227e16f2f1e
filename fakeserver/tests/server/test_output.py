"""What is printed and written: never in the way of the wire, never a password."""

import concurrent.futures
import os
import pty
import signal
import subprocess
import time

import fake as fakes
import pytest
import tds_messages as m

PASSWORD = "Tr0ub4dor&3-xyzzy"


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_blocked_stdout_never_delays_the_wire(start, format):
    """Nobody reads the pipe: it holds 64 KiB, the run writes far more."""
    fake = start(None, "--format", format, stdout=subprocess.PIPE)

    def visit(_):
        with fake.logged_in() as client:
            for _ in range(8):
                assert client.batch("SELECT " + "x" * 200).errors
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(visit, range(120)))
    assert fake.wait_event("closed", 120), "the journal file is complete, whatever happens to stdout"
    began = time.monotonic()
    assert fake.stop(within=10) == 0
    assert time.monotonic() - began < 5, "shutdown is prompt"
    fake.process.stdout.close()


def test_a_reader_that_goes_away_does_not_end_the_server(start):
    fake = start(None, stdout=subprocess.PIPE)
    fake.process.stdout.readline()
    fake.process.stdout.close()
    for _ in range(5):
        fake.healthy()
    assert fake.stop() == 0


def everything_written(fake):
    return fake.stdout + fake.stderr + fake.journal_text


def hidden_forms(password):
    """How a password may leak: in clear, as UTF-16 bytes, or in the wire form that anybody can turn back."""
    text = password.encode("utf-16-le")
    wire = m.obfuscate(password)
    return [
        password,
        text.hex(),
        text.hex(" "),
        wire.hex(),
        wire.hex(" "),
        text.hex(" ")[:35],
        wire.hex(" ")[:35],
    ]


def log_in_in_many_ways(fake):
    fake.logged_in(password=PASSWORD).close()
    payload = m.login7_payload(password=PASSWORD)
    for broken in (
        payload[:-3],
        b"\xff\xff\xff\xff" + payload[4:],
        payload[:40] + b"\xff\xff\xff\xff" + payload[44:],
    ):
        with fake.connect() as client:
            client.send(m.packets(m.LOGIN7, broken))
            client.half_close()
            client.read_to_end()
    fake.wait_event("closed", 4)
    fake.stop()


def test_passwords_never_appear(start):
    fake = start(fakes.scenario(server=f"logins: [{{user: sa, password: {PASSWORD}}}]"))
    log_in_in_many_ways(fake)
    written = everything_written(fake).lower()
    assert len(fake.events("violation")) >= 2, "the broken logins were journalled"
    for form in hidden_forms(PASSWORD):
        assert form.lower() not in written


def test_red_control_passwords_are_shown_when_asked_for(start):
    fake = start(fakes.scenario(server=f"logins: [{{user: sa, password: {PASSWORD}}}]"), "--show-passwords")
    log_in_in_many_ways(fake)
    assert any(form.lower() in everything_written(fake).lower() for form in hidden_forms(PASSWORD))


def test_no_colour_codes_in_a_file(start):
    fake = start()
    fake.healthy()
    fake.stop()
    assert "\x1b[" not in fake.stdout


@pytest.mark.parametrize("choice, coloured", [("always", True), ("never", False)])
def test_colour_can_be_chosen(start, choice, coloured):
    fake = start(None, "--color", choice)
    fake.healthy()
    fake.stop()
    assert ("\x1b[" in fake.stdout) == coloured
    assert f"READY server=127.0.0.1:{fake.port}\n" in fake.stdout, "the READY line stays plain"


def test_colour_on_a_terminal(start):
    leader, follower = pty.openpty()
    try:
        fake = start(None, stdout=follower, env={**os.environ, "TERM": "xterm-256color"})
        fake.healthy()
        fake.wait_event("closed")
        fake.stop()
        shown = b""
        os.set_blocking(leader, False)
        while True:
            try:
                shown += os.read(leader, 65536)
            except BlockingIOError:
                break
        assert b"\x1b[" in shown and b"READY server=" in shown
    finally:
        os.close(leader)
        os.close(follower)


def test_console_has_one_line_per_thing_that_happened(start):
    fake = start(fakes.scenario(["{at: query, do: {error: 1205}}"]))
    with fake.logged_in(user="ann", app="my app") as client:
        client.batch("SELECT 1")
    fake.wait_event("closed")
    fake.stop()
    for word in ("PRELOGIN", "LOGIN7", "ann", "my app", "SELECT 1", "1205"):
        assert word in fake.stdout, f"{word} is not shown:\n{fake.stdout}"
    assert all(len(line) < 400 for line in fake.stdout.splitlines())


def test_control_characters_of_a_client_do_not_reach_the_terminal(start):
    fake = start()
    with fake.logged_in(user="a\x1b[2Jb\nREADY server=1.2.3.4:5", app="\x07") as client:
        client.batch("SELECT '\x1b]0;owned\x07'")
    fake.wait_event("closed")
    fake.stop()
    assert "\x1b" not in fake.stdout and "\x07" not in fake.stdout
    assert [line for line in fake.stdout.splitlines() if line.startswith("READY")] == [
        f"READY server=127.0.0.1:{fake.port}"
    ]


def test_summary_tells_what_each_rule_did(start):
    faults = ["{at: login, times: 2, do: {error: 40613}}", "{at: attention, unused: allowed, do: ignore}"]
    fake = start(fakes.scenario(faults))
    for _ in range(2):
        with fake.connect() as client:
            client.prelogin()
            client.login()
    fake.wait_event("closed", 2)
    fake.stop()
    summary = fake.stdout[-1500:]
    assert (
        "never fired" in summary.lower() or "not fired" in summary.lower() or "unused" in summary.lower()
    ), summary
    assert ":4" in summary or "line 4" in summary, "names the rule by its line"


def test_quiet_leaves_the_ready_line(start):
    fake = start(None, "--quiet")
    fake.healthy()
    fake.stop()
    lines = fake.stdout.splitlines()
    assert lines[0] == f"READY server=127.0.0.1:{fake.port}" and "SELECT" not in fake.stdout


def test_second_signal_changes_nothing(start):
    fake = start()
    fake.process.send_signal(signal.SIGTERM)
    fake.process.send_signal(signal.SIGTERM)
    assert fake.wait_exit(10) == 0


def test_journal_that_cannot_be_written_is_a_start_up_error():
    done = fakes.tdsfake("run", "-", "--journal", "/no/such/folder/journal.jsonl", input="tdsfake: 1\n")
    assert done.returncode in (2, 3) and "/no/such/folder/journal.jsonl" in done.stderr


def test_a_disk_that_fills_up_is_told_and_shows_in_the_exit_code():
    done = fakes.tdsfake("exec", "-", "--journal", "/dev/full", "--", "true", input="tdsfake: 1\n")
    assert done.returncode == 4 and "--journal /dev/full: not everything could be written" in done.stderr
    done = fakes.tdsfake("exec", "-", "--journal", "/dev/full", "--", "sh", "-c", "exit 7", input="tdsfake: 1\n")
    assert done.returncode == 7, "the command's own code is worth more"


@pytest.mark.parametrize("words", [["list"], ["show", "refused-10061"], ["schema"], ["check", "refused-10061"]])
def test_what_cannot_be_printed_is_told(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([fakes.binary, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 4 and "standard output takes nothing more" in done.stderr


def test_a_list_that_was_cut_short_is_told_and_counted(start):
    fake = start(fakes.scenario(["{at: login, do: {wait: 1h}}"]))
    with fake.connect() as client:
        client.prelogin()
        client.send_login()
    assert fake.wait_event("closed")["unfinished"] == "line 4: wait"
    fake.stop()
    assert "fired 1 time, 1 cut short by the end of the connection" in fake.stdout


def test_shapes_that_never_applied_fail_the_run(start):
    fake = start(fakes.scenario(["{at: query, do: [{reply: healthy, cut: row.99}]}"]))
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").rows
    fake.wait_event("closed")
    assert fake.stop() == 1
    assert "the shapes of the fault at query apply" in fake.stdout and "has no position row.99" in fake.stdout


def test_a_list_that_the_run_does_not_see_the_end_of_is_told(start):
    fake = start(fakes.scenario(["{at: start, do: [wait: 1h, gate: refuse, {reset: all}]}"]))
    fake.healthy()
    assert fake.stop() == 0
    assert "fired 1 time, 1 not at its end yet" in fake.stdout
    (notice,) = fake.events("notice")
    assert notice["text"] == "the run ends before a list does: gate, reset left" and notice["rule"] == 4


def test_the_summary_tells_what_each_query_was_for(start):
    """Batches and procedure calls; a query whose statement a fault answers instead was not used."""
    fake = start(
        "tdsfake: 1\n"
        "server:\n"
        "  queries:\n"
        "    - {match: SELECT 2, columns: {n: int}, rows: [[2]]}\n"
        "    - {procedure: renew, return: 3}\n"
        "    - {match: SELECT 3, columns: {n: int}, rows: [[3]]}\n"
        "    - {match: SELECT 4, columns: {n: int}, rows: [[4]]}\n"
        "  faults:\n"
        "    - {at: query, when: {sql: SELECT 3}, do: {error: 1205}}\n"
    )
    with fake.logged_in() as client:
        assert [client.batch(f"SELECT {n}").rows for n in (2, 2)] == [[[2]], [[2]]]
        client.batch("SELECT 3")
        client.send(m.packets(m.RPC, m.procedure_payload("renew")))
        client.read_message()
    assert fake.stop() == 0
    queries = fake.stdout.split("\nqueries\n")[1].split("\n\n")[0]
    assert [" ".join(line.split()) for line in queries.splitlines()] == [
        "line 4 SELECT 2 used 2 times",
        "line 5 renew used 1 time",
        "line 6 SELECT 3 never used",
        "line 7 SELECT 4 never used",
    ]
