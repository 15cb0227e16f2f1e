"""The SQL Server Browser of the real program: sockets, gate, faults, what is said of it."""

import errno
import json
import socket
import sys
import time

import fake as fakes
import pytest
import ssrp
import tds_client
from story import must_fail

TWO = """
servers:
  main: {identity: {name: DB1, instance: MAIN, version: 15.0.2000}}
  side: {identity: {name: DB2, instance: SIDE}}
"""


def scenario(*faults, listen=None, gate=None, more="", servers=TWO):
    lines = ["tdsfake: 1", servers, "browser:"]
    lines += [f"  listen: {listen or '127.0.0.1'}"]
    if gate:
        lines += [f"  gate: {gate}"]
    if faults:
        lines += ["  faults:", *(f"    - {fault}" for fault in faults)]
    return "\n".join([*lines, more, ""])


def browser(fake):
    at = fake.ready["browser"]
    return at["host"], at["port"]


def all_browsers(fake):
    for text in fake.ready["browser"]["addresses"]:
        host, port = text.rsplit(":", 1)
        yield host.strip("[]"), int(port)


def story(*faults, gate=None, red=(), verify=""):
    """The body with the faults, which must hold; and without them, where it must fail."""

    def wrap(body):
        @pytest.mark.parametrize("control", ["story", "red"])
        def test(control, start):
            if control == "red":
                must_fail(lambda: body(start(scenario(*red))))
                return
            fake = start(scenario(*faults, gate=gate, more=verify))
            body(fake)
            assert fake.stop() == 0, fake.stdout + fake.stderr

        test.__name__ = body.__name__
        test.__module__ = body.__module__
        return test

    return wrap


# ------------------------------------------------------------------------------------------------- healthy


def test_every_request_on_ipv4_and_ipv6_on_one_free_port(start):
    fake = start(scenario(listen='[127.0.0.1, "::1"]'))
    addresses = list(all_browsers(fake))
    assert [host for host, _ in addresses] == ["127.0.0.1", "::1"]
    assert addresses[0][1] == addresses[1][1] != 0
    main = {
        "ServerName": "DB1",
        "InstanceName": "MAIN",
        "IsClustered": "No",
        "Version": "15.0.2000.0",
        "tcp": str(fake.address_of("main")[1]),
    }
    for address in addresses:
        for request in (ssrp.ALL, ssrp.BROADCAST):
            listed = ssrp.entries(ssrp.ask(address, request))
            assert listed[0] == main
            assert [one["InstanceName"] for one in listed] == ["MAIN", "SIDE"]
        assert ssrp.entries(ssrp.ask(address, ssrp.instance("main"))) == [main]
        assert ssrp.dac_port(ssrp.ask(address, ssrp.dac("SIDE"))) == fake.address_of("side")[1]
        assert ssrp.meet(address, ssrp.instance("OTHER")) == "silence"
        assert ssrp.meet(address, b"GET / HTTP/1.1\r\n\r\n") == "silence"
    assert len(fake.events("violation", server="browser")) == 2
    received = fake.events("received", message="SSRP", request="instance", instance="main")
    assert len(received) == 2 and all(event["server"] == "browser" for event in received)


def test_the_port_it_tells_is_a_server_that_answers(start):
    fake = start(scenario())
    found = ssrp.entries(ssrp.ask(browser(fake), ssrp.instance("SIDE")))[0]
    with tds_client.logged_in(("127.0.0.1", int(found["tcp"]))) as client:
        assert client.batch("SELECT 1").rows == [[1]]


def test_without_the_key_there_is_no_browser(start):
    fake = start("tdsfake: 1\n")
    assert "browser" not in fake.ready
    assert "browser=" not in fake.stdout


@pytest.mark.parametrize("wildcard, asked", [("0.0.0.0", "127.0.0.53"), ('"[::]"', "::1")])
def test_a_wildcard_answers_from_the_address_that_was_asked(start, wildcard, asked):
    fake = start(scenario(listen=wildcard))
    # A connected socket takes answers from the address asked only.
    assert len(ssrp.entries(ssrp.ask((asked, browser(fake)[1]), ssrp.ALL))) == 2
    assert "not on loopback" in fake.stderr


def test_many_clients_at_once_each_get_their_own_answer(start):
    fake = start(scenario("{at: lookup, when: {instance: MAIN}, do: {wait: 50ms}}"))
    clients = [ssrp.Lookups(browser(fake)) for _ in range(200)]
    for number, client in enumerate(clients):
        client.send(ssrp.instance("MAIN" if number % 2 else "SIDE"))
    for number, client in enumerate(clients):
        with client:
            assert ssrp.entries(client.receive())[0]["InstanceName"] == ("MAIN" if number % 2 else "SIDE")


def test_a_client_that_has_left_harms_nobody(start):
    fake = start(scenario("{at: lookup, when: {instance: MAIN}, do: {hold: left}}", "{at: lookup, when: {request: dac}, "
                          "do: [signal: left]}"))
    with ssrp.Lookups(browser(fake)) as client:
        client.send(ssrp.instance("MAIN"))
        fake.wait_event("fault")
    assert ssrp.meet(browser(fake), ssrp.dac("SIDE")) == "answer"  # the other answer meets ICMP
    assert [ssrp.meet(browser(fake), ssrp.ALL) for _ in range(3)] == ["answer"] * 3


# ---------------------------------------------------------------------------------------------------- gate


def bind(address, *options):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as stranger:
        for option in options:
            stranger.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            stranger.bind(address)
        except OSError as error:
            return error.errno
    return 0


@story(gate="refuse")
def test_refuse_is_icmp_while_the_port_stays_ours(fake):
    address = browser(fake)
    assert [ssrp.meet(address) for _ in range(3)] == ["refused"] * 3
    assert bind(address) == errno.EADDRINUSE
    assert bind(address, socket.SO_REUSEADDR, socket.SO_REUSEPORT) == errno.EADDRINUSE
    assert bind(("0.0.0.0", address[1])) == errno.EADDRINUSE


def test_refuse_on_ipv6_and_on_one_of_two_addresses(start):
    fake = start(scenario(listen='[{address: "::1", gate: refuse}, 127.0.0.1]'))
    six, four = all_browsers(fake)
    assert ssrp.meet(six) == "refused"
    assert bind(six) == errno.EADDRINUSE
    assert ssrp.meet(four) == "answer"


@story(gate="drop", verify="verify: [lookups: 0]")
def test_drop_is_silence_and_noted(fake):
    assert ssrp.meet(browser(fake)) == "silence"
    fake.wait_event("attempt", server="browser", outcome="dropped")


@story(gate="[refuse: {for: 400ms}, drop: {for: 400ms}, accept]")
def test_phases(fake):
    assert ssrp.meet(browser(fake)) == "refused"
    fakes.wait_until(lambda: ssrp.meet(browser(fake), patience=0.1) == "silence", "never drops")
    fakes.wait_until(lambda: ssrp.meet(browser(fake), patience=0.1) == "answer", "never accepts")
    modes = [event["mode"] for event in fake.events("gate", server="browser")]
    assert modes == ["refuse", "drop", "accept"]


def test_the_gate_turns_again_and_again_and_the_port_stays(start):
    faults = ("{at: lookup, do: [reply, gate: [refuse: {for: 30ms}, accept]]}",)
    fake = start(scenario(*faults))
    address = browser(fake)
    for _ in range(20):
        fakes.wait_until(lambda: ssrp.meet(address, patience=0.2) == "answer", "never accepts")
        assert bind(address) == errno.EADDRINUSE
    # Each answer turned it once, also one to a datagram that came in just before it turned.
    fake.wait_event("gate", 20, server="browser", mode="refuse")


def test_an_answer_that_waits_leaves_through_a_gate_that_refuses(start):
    fake = start(scenario("{at: lookup, do: [gate: refuse, wait: 200ms]}"))
    assert len(ssrp.entries(ssrp.ask(browser(fake), ssrp.ALL))) == 2
    assert ssrp.meet(browser(fake)) == "refused"


def test_the_gate_of_a_server_is_not_the_browsers(start):
    fake = start(scenario(servers="server: {gate: refuse, identity: {instance: GONE}}"))
    assert ssrp.entries(ssrp.ask(browser(fake), ssrp.instance("GONE")))[0]["tcp"] == str(fake.port)
    with pytest.raises(ConnectionRefusedError):
        tds_client.connect(fake.address)


# -------------------------------------------------------------------------------------------------- faults


@story("{at: lookup, do: ignore}")
def test_silent(fake):
    assert ssrp.meet(browser(fake)) == "silence"
    fake.wait_event("step", step="ignore", server="browser")


@story("{at: lookup, do: {wait: 700ms}}")
def test_slow(fake):
    began = time.monotonic()
    assert ssrp.meet(browser(fake), patience=5) == "answer"
    assert time.monotonic() - began >= 0.7


@story("{at: lookup, do: {reply: healthy, cut: 20}}")
def test_truncated(fake):
    reply = ssrp.ask(browser(fake), ssrp.ALL)
    assert len(reply) == 20 and reply[0] == 5
    assert int.from_bytes(reply[1:3], "little") > 17


@story("{at: lookup, do: {send: {hex: ff 00 ff}}}")
def test_garbage(fake):
    assert ssrp.ask(browser(fake), ssrp.ALL) == b"\xff\x00\xff"


@story("{at: lookup, do: {reply: {tcp: 1}}}")
def test_wrong_port(fake):
    assert ssrp.entries(ssrp.ask(browser(fake), ssrp.instance("MAIN")))[0]["tcp"] == "1"
    assert ssrp.dac_port(ssrp.ask(browser(fake), ssrp.dac("MAIN"))) == 1


@story("{at: lookup, do: {reply: {tcp: none, np: '\\\\DB1\\pipe\\sql\\query'}}}")
def test_no_tcp(fake):
    found = ssrp.entries(ssrp.ask(browser(fake), ssrp.instance("MAIN")))[0]
    assert "tcp" not in found and found["np"] == r"\\DB1\pipe\sql\query"


@story("{at: lookup, when: {instance: MAIN}, do: ignore}", "{at: lookup, when: {request: [all, broadcast]}, "
       "do: {reply: {server: side}}}")
def test_missing_instance(fake):
    assert ssrp.meet(browser(fake), ssrp.instance("MAIN")) == "silence"
    assert [one["InstanceName"] for one in ssrp.entries(ssrp.ask(browser(fake), ssrp.ALL))] == ["SIDE"]
    assert ssrp.meet(browser(fake), ssrp.instance("SIDE")) == "answer"


@story("{at: lookup, do: {reply: {size: 9}}}")
def test_wrong_size(fake):
    reply = ssrp.ask(browser(fake), ssrp.instance("MAIN"))
    assert reply[1:3] == b"\x09\x00" and reply.endswith(b";;")


@story("{at: lookup, do: [{reply: {server: none}}, wait: 100ms, reply]}")
def test_two_answers_to_one_request(fake):
    with ssrp.Lookups(browser(fake)) as client:
        client.send(ssrp.ALL)
        assert ssrp.entries(client.receive()) == []
        assert len(ssrp.entries(client.receive())) == 2


@story("{at: lookup, times: 2, do: ignore}", verify="verify: [lookups: 3, seen: {at: lookup, when: {request: all}}]")
def test_two_lookups_are_lost(fake):
    assert [ssrp.meet(browser(fake)) for _ in range(3)] == ["silence", "silence", "answer"]


@story("{at: lookup, when: {instance: MAIN}, do: [reset: all, reply]}")
def test_a_lookup_resets_the_connections_of_all_servers(fake):
    with tds_client.logged_in(fake.address_of("main")) as one, tds_client.logged_in(fake.address_of("side")) as two:
        assert ssrp.meet(browser(fake), ssrp.instance("MAIN")) == "answer"
        for client in (one, two):
            client.expect_end("RST", within=3.0)  # they were reset before the answer


def test_a_datagram_that_is_too_long_is_told(start, tmp_path):
    (tmp_path / "long").write_bytes(b"x" * 65508)  # the path is relative to the scenario
    file = tmp_path / "story.yaml"
    file.write_text(scenario("{at: lookup, do: {send: {file: long}}}"))
    fake = start(file=file)
    assert ssrp.meet(browser(fake)) == "silence"
    assert "could not be sent" in fake.wait_event("notice", server="browser")["text"]


# -------------------------------------------------------------------------------------- what is said of it


def test_ready_line_and_console(start):
    fake = start(scenario("{at: lookup, do: {wait: 1ms}}"))
    assert ssrp.meet(browser(fake), ssrp.instance("MAIN")) == "answer"
    fake.wait_event("sent", server="browser")
    fake.stop()
    ready = fake.stdout.splitlines()[0]
    assert ready.startswith("READY main=") and ready.endswith(f" browser=127.0.0.1:{browser(fake)[1]}")
    assert "browser" in fake.stdout and "SSRP  request=instance  instance=MAIN" in fake.stdout
    assert "rules of the Browser" in fake.stdout


def test_exec_tells_the_command_where_the_browser_is():
    names = ("HOST", "PORT", "ADDRESS")
    script = f"import os, json; print(json.dumps([os.environ['TDSFAKE_BROWSER_' + n] for n in {names}]))"
    done = fakes.tdsfake("exec", "-", "--", sys.executable, "-c", script, input=scenario())
    host, port, address = json.loads(done.stdout)
    assert host == "127.0.0.1" and address == f"127.0.0.1:{port}" and 0 < int(port) < 65536


def test_exec_without_a_browser_tells_nothing_of_one():
    script = "import os; print([n for n in os.environ if 'BROWSER_' in n])"
    done = fakes.tdsfake("exec", "-", "--", sys.executable, "-c", script, input="tdsfake: 1\n")
    assert done.stdout.strip() == "[]"


def test_unmet_lookups_are_told(start):
    fake = start(scenario(more="verify: [lookups: 2]"))
    assert ssrp.meet(browser(fake)) == "answer"
    assert fake.stop() == 1
    assert "expected 2, seen 1" in fake.stdout


def test_a_port_in_use_is_told_with_who_has_it(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        file = tmp_path / "story.yaml"
        file.write_text(scenario(listen=f"127.0.0.1:{port}"))
        done = fakes.tdsfake("run", file)
    assert done.returncode == 3
    assert f"UDP port {port} is in use by pid" in done.stderr


def test_a_wildcard_cannot_refuse_and_says_why(tmp_path):
    file = tmp_path / "story.yaml"
    file.write_text(scenario(listen="0.0.0.0", gate="refuse"))
    done = fakes.tdsfake("run", file)
    assert done.returncode == 3
    assert "cannot refuse on 0.0.0.0" in done.stderr and "127.0.0.1" in done.stderr
