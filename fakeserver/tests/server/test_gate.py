"""The gate: what a connect meets, for how long, how often, and that flipping it hurts nobody who was let in."""

import concurrent.futures
import errno
import os
import select
import socket
import struct
import threading
import time

import fake as fakes
import pytest
import tds_client
import tds_messages as m
from story import must_fail, story

BOTH = 'listen: [127.0.0.1, "[::1]"]'


OUTCOMES = {
    errno.ECONNREFUSED: "refused",
    errno.EHOSTUNREACH: "no host",
    errno.ENETUNREACH: "no net",
    errno.EACCES: "prohibited",
}


def meet(address, timeout=5.0):
    """A word of OUTCOMES, "silence", or "accepted" when PRELOGIN is answered; all else that a connect meets is a fault."""
    try:
        client = tds_client.connect(address, timeout=timeout)
    except TimeoutError:
        return "silence"
    except OSError as error:
        if error.errno not in OUTCOMES:
            raise
        return OUTCOMES[error.errno]
    with client:
        try:
            client.prelogin()
        except (AssertionError, OSError) as error:
            # An ICMP that comes while connect() is at work may show at the first send only: Linux 6.18, a client in 60,000.
            late = OUTCOMES.get(getattr(error, "errno", None), "")
            return late if late.startswith("no ") else f"let in, then {error}"
        return "accepted"


@story(gate="refuse", exit=0)
def test_refuse(fake):
    assert [meet(fake.address) for _ in range(3)] == ["refused"] * 3


@story(gate="drop")
def test_drop(fake):
    assert meet(fake.address, 0.5) == "silence"


@story(gate="[refuse: {for: 600ms}, accept]")
def test_refuse_for_a_time(fake):
    assert meet(fake.address) == "refused"
    fakes.wait_until(lambda: meet(fake.address) == "accepted", "never accepts")
    opened = fake.wait_event("gate", mode="accept")
    assert opened["t"] - fake.events("ready")[0]["t"] >= 0.6


@story(gate="[drop: {for: 600ms}, accept]")
def test_drop_heals_at_the_clients_next_syn(fake):
    began = time.monotonic()
    assert meet(fake.address, 15) == "accepted"
    assert time.monotonic() - began >= 0.5


@story("{at: start, do: [wait: 400ms, signal: up]}", gate="[refuse: {until: up}, accept]")
def test_refuse_until_a_signal_of_the_timeline(fake):
    assert meet(fake.address) == "refused"
    fakes.wait_until(lambda: meet(fake.address) == "accepted", "never accepts")
    assert fake.wait_event("gate", mode="accept")["seq"] > fake.wait_event("signal")["seq"]


@story("{at: login, when: {user: fatal}, do: {signal: down}}", gate="[accept: {until: down}, refuse]")
def test_accept_until_a_signal_of_a_fault(fake):
    fake.logged_in().close()
    with fake.logged_in(user="fatal") as client:
        fakes.wait_until(lambda: meet(fake.address, 0.2) == "refused", "never refuses")
        assert client.batch("SELECT 1").rows == [[1]], "who is in stays in"


def test_until_a_signal_of_another_server(start):
    fake = start("""
tdsfake: 1
servers:
  principal: {faults: [{at: login, do: [signal: failover, close]}]}
  partner: {gate: [refuse: {until: failover}, accept]}
""")
    assert meet(fake.address_of("partner")) == "refused"
    with tds_client.connect(fake.address_of("principal")) as client:
        client.prelogin()
        client.send_login()
        client.expect_end("FIN")
    fakes.wait_until(lambda: meet(fake.address_of("partner")) == "accepted", "never accepts")


@story("{at: login, times: 1, do: {gate: [refuse: {for: 900ms}, accept]}}")
def test_a_gate_step_takes_phases(fake):
    fake.logged_in().close()
    fakes.wait_until(lambda: meet(fake.address, 0.2) == "refused", "never refuses")
    fakes.wait_until(lambda: meet(fake.address) == "accepted", "never accepts again")
    closing, opening = fake.wait_event("gate", 2)["t"], fake.wait_event("gate", 3)["t"]
    assert 0.9 <= opening - closing


# ----------------------------------------------------------------------------------------- counted phases


def crowd(address, count, timeout=8.0):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: meet(address, timeout), range(count)))


@pytest.mark.net_raw
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("attempts", [1, 3])
def test_counted_refusals_are_exact_under_concurrent_clients(start, host, attempts):
    for _ in range(4):
        fake = start(
            fakes.scenario(
                gate=f"[refuse: {{attempts: {attempts}}}, accept]", server=BOTH, verify=["attempts: 24"]
            )
        )
        outcomes = crowd((host, fake.port), 24)
        assert sorted(outcomes) == ["accepted"] * (24 - attempts) + ["refused"] * attempts
        fake.wait_event("closed", 24 - attempts)
        assert len(fake.events("attempt", outcome="refused")) == attempts
        assert fake.stop() == 0, fake.stdout


@pytest.mark.net_raw
def test_counted_refusals_one_after_the_other(start):
    fake = start(fakes.scenario(gate="[refuse: {attempts: 2}, accept]"))
    assert [meet(fake.address) for _ in range(4)] == ["refused", "refused", "accepted", "accepted"]


@pytest.mark.net_raw
def test_counted_accepts(start):
    fake = start(fakes.scenario(gate="[accept: {attempts: 5}, refuse]"))
    assert sorted(crowd(fake.address, 20)) == ["accepted"] * 5 + ["refused"] * 15


@pytest.mark.net_raw
def test_counted_drops_are_for_good(start):
    """The kernel sends a dropped SYN again after 1 s: that is still the same connect."""
    fake = start(fakes.scenario(gate="[drop: {attempts: 2}, accept]"))
    assert sorted(crowd(fake.address, 10, timeout=2.5)) == ["accepted"] * 8 + ["silence"] * 2


@pytest.mark.net_raw
def test_phases_in_a_row(start):
    fake = start(
        fakes.scenario(gate="[refuse: {attempts: 1}, drop: {attempts: 1}, accept: {attempts: 1}, refuse]")
    )
    assert [meet(fake.address, 0.7) for _ in range(4)] == ["refused", "silence", "accepted", "refused"]


@pytest.mark.net_raw
def test_a_counted_gate_step(start):
    fake = start(fakes.scenario(["{at: login, times: 1, do: {gate: [refuse: {attempts: 2}, accept]}}"]))
    with fake.logged_in():
        fake.wait_event("gate", mode="refuse")
        assert [meet(fake.address) for _ in range(3)] == ["refused", "refused", "accepted"]


@pytest.mark.net_raw
@pytest.mark.parametrize("attempts", [1, 7])
def test_counts_are_exact_under_200_concurrent_clients(start, attempts):
    fake = start(
        fakes.scenario(
            gate=f"[refuse: {{attempts: {attempts}}}, accept: {{attempts: 20}}, {{unreachable: net, attempts: 30}},"
            " accept]",
            verify=["attempts: 200"],
        )
    )
    outcomes = crowd(fake.address, 200, timeout=30)
    assert {word: outcomes.count(word) for word in set(outcomes)} == {
        "refused": attempts,
        "no net": 30,
        "accepted": 170 - attempts,
    }
    assert fake.stop() == 0, fake.stdout
    told = [event["outcome"] for event in fake.events("attempt")]
    assert (told.count("refused"), told.count("unreachable")) == (attempts, 30)
    assert len(fake.events("connect")) == 170 - attempts


@pytest.mark.net_raw
def test_a_gate_that_turns_under_load_counts_only_who_met_it(start):
    """Connects that came before the turn and were let in are none of the two."""
    fake = start(
        fakes.scenario(
            ["{at: login, times: 1, do: {gate: [refuse: {attempts: 2}, accept]}}"], verify=["attempts: 101"]
        )
    )
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        first = pool.submit(lambda: fake.logged_in().close())
        outcomes = list(pool.map(lambda _: meet(fake.address, 30), range(100)))
        first.result()
    if outcomes.count("refused") < 2:  # all of them were there before
        outcomes += [meet(fake.address) for _ in range(3)]
        assert outcomes[-1] == "accepted"
    assert outcomes.count("refused") == 2
    assert outcomes.count("accepted") == len(outcomes) - 2


# ------------------------------------------------------------------------------------ unreachable, slow

UNREACHABLE = [
    ("127.0.0.1", "host", "no host"),
    ("127.0.0.1", "net", "no net"),
    ("127.0.0.1", "port", "refused"),
    ("127.0.0.1", "admin-prohibited", "no host"),
    ("::1", "host", "no host"),
    ("::1", "net", "no net"),
    ("::1", "port", "refused"),
    ("::1", "admin-prohibited", "prohibited"),
]


@pytest.mark.net_raw
@pytest.mark.parametrize("host, what, outcome", UNREACHABLE)
def test_unreachable(start, host, what, outcome):
    fake = start(fakes.scenario(gate=f"[{{unreachable: {what}, attempts: 2}}, accept]", server=BOTH))
    address = (host, fake.port)
    assert [meet(address) for _ in range(3)] == [outcome, outcome, "accepted"]
    fake.wait_event("attempt", 2, outcome="unreachable")
    assert fake.wait_event("gate", mode="unreachable")["what"] == what


@pytest.mark.net_raw
def test_red_control_without_the_gate_every_address_is_reachable(start):
    fake = start(fakes.scenario(server=BOTH))
    for host, _, outcome in UNREACHABLE:
        must_fail(lambda host=host, outcome=outcome: _assert_met((host, fake.port), outcome))


def _assert_met(address, outcome):
    assert meet(address) == outcome


@pytest.mark.net_raw
@story("{at: start, do: [wait: 1500ms, signal: up]}", gate="[{unreachable: host, until: up}, accept]")
def test_unreachable_until_a_signal(fake):
    assert meet(fake.address) == "no host"
    fakes.wait_until(lambda: meet(fake.address) == "accepted", "never accepts")


@pytest.mark.net_raw
@story("{at: login, times: 1, do: {gate: [{unreachable: net, for: 2s}, accept]}}")
def test_unreachable_as_a_step_for_a_time(fake):
    with fake.logged_in() as client:
        fake.wait_event("gate", mode="unreachable")
        assert meet(fake.address) == "no net"
        assert client.batch("SELECT 1").rows == [[1]], "who is in stays in"
    fakes.wait_until(lambda: meet(fake.address) == "accepted", "never accepts")
    closing, opening = fake.wait_event("gate", 2)["t"], fake.wait_event("gate", 3)["t"]
    assert opening - closing >= 2


def connect_takes(address, timeout=10.0):
    began = time.monotonic()
    with socket.create_connection(address, timeout):
        return time.monotonic() - began


@pytest.mark.net_raw
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_slow(start, host):
    fake = start(fakes.scenario(gate="{slow: 400ms}", server=BOTH, verify=["attempts: 2"]))
    assert connect_takes((host, fake.port)) >= 0.4
    assert meet((host, fake.port)) == "accepted"
    fake.wait_event("attempt", 2, outcome="delayed")
    assert fake.stop() == 0, fake.stdout


def test_red_control_an_open_gate_is_not_slow(start):
    fake = start()
    must_fail(lambda: _assert_slow(fake.address))


def _assert_slow(address):
    assert connect_takes(address) >= 0.4


@pytest.mark.net_raw
def test_slow_for_counted_connects_then_refused(start):
    """Who met the slow phase is let in late, though the gate says `refuse` by then; the others are refused."""
    fake = start(fakes.scenario(gate="[{slow: 500ms, attempts: 3}, refuse]", verify=["attempts: 10"]))
    began = time.monotonic()
    assert sorted(crowd(fake.address, 10)) == ["accepted"] * 3 + ["refused"] * 7
    assert time.monotonic() - began >= 0.5
    assert fake.stop() == 0, fake.stdout


@pytest.mark.net_raw
@pytest.mark.parametrize(
    "then, outcome", [("refuse", "refused"), ("drop", "silence"), ("{unreachable: host}", "no host")]
)
def test_who_waits_for_a_late_answer_gets_it_though_the_gate_turns(start, then, outcome):
    fake = start(
        fakes.scenario(
            ["{at: login, do: {signal: over}}"],
            f"[accept: {{attempts: 1}}, {{slow: 2500ms, until: over}}, {then}]",
        )
    )
    with fake.connect() as inside, concurrent.futures.ThreadPoolExecutor() as pool:
        late = pool.submit(meet, fake.address, 10)
        fake.wait_event("attempt", outcome="delayed")
        inside.enter()
        fake.wait_event("signal", name="over")
        assert meet(fake.address, 0.6) == outcome
        assert late.result() == "accepted"
    assert meet(fake.address, 0.3) == outcome


@pytest.mark.net_raw
def test_a_dropped_connect_may_become_a_slow_one(start):
    fake = start(fakes.scenario(gate="[drop: {for: 500ms}, slow: 300ms]"))
    assert connect_takes(fake.address) >= 1.29, "its SYN of 1 s is answered 300 ms late"


# -------------------------------------------------------------------------------------------- backlog-full


def overflows():
    """How many SYNs this network's kernel has dropped because an accept queue was full."""
    names, values = [
        line.split() for line in open("/proc/net/netstat", encoding="ascii") if line.startswith("TcpExt:")
    ][:2]
    return int(values[names.index("ListenOverflows")])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_backlog_full_is_silence_by_the_kernel(start, host):
    fake = start(fakes.scenario(gate="backlog-full", server=BOTH), wrapper=without_net_raw())
    before = overflows()
    assert meet((host, fake.port), 0.5) == "silence"
    assert overflows() > before, "the kernel's own word that the accept queue is full"
    fake.wait_event("gate", mode="backlog-full")
    assert not fake.events("connect"), "our own connects are nobody's business"
    assert "could not be filled" not in str(fake.events("notice"))
    assert fake.stop() == 0, fake.stdout


def test_red_control_a_dropping_gate_has_no_full_queue(start):
    """The kernel counts for the whole network, and another test may have a full queue there just now."""
    fake = start(fakes.scenario(gate="drop"))

    def overflows_meanwhile():
        before = overflows()
        assert meet(fake.address, 0.5) == "silence"
        assert overflows() > before

    must_fail(overflows_meanwhile, tries=8)


def test_backlog_full_for_a_time_then_clean(start):
    """The queue is emptied of our own connects: they are in no count, and the next client is number 1."""
    fake = start(
        fakes.scenario(gate="[backlog-full: {for: 2s}, accept]", verify=["connections: 1", "logins: 1"])
    )
    began = time.monotonic()
    with tds_client.connect(fake.address, timeout=20) as client:
        assert time.monotonic() - began >= 0.9, "its second SYN at the earliest"
        client.enter()
    fake.wait_event("closed", 1)
    assert [e["connection"] for e in fake.events("connect")] == [1]
    assert fake.stop() == 0, fake.stdout


@pytest.mark.parametrize("then", ["refuse", "drop", "backlog-full"])
def test_the_backlog_fills_and_empties_again(start, then):
    once = f"gate: backlog-full, wait: 20ms, gate: {then}, wait: 5ms, gate: accept, wait: 5ms"
    fills = ", ".join([once] * 20)
    fake = start(
        fakes.scenario(
            ["{at: start, do: [hold: go, " + fills + ", signal: done]}", "{at: login, times: 1, do: {signal: go}}"],
            verify=["connections: 2"],
        )
    )
    with fake.logged_in() as old:
        fake.wait_event("signal", name="done", within=30)
        assert old.batch("SELECT 1").rows == [[1]], "who is in stays in"
        assert meet(fake.address) == "accepted"
    fake.wait_event("closed", 2)
    assert "could not be filled" not in str(fake.events("notice"))
    assert fake.stop() == 0, fake.stdout


def test_a_filling_backlog_resets_nobody_who_was_let_in(start):
    fake = start(
        fakes.scenario(
            [
                "{at: start, do: [hold: go, " + FLIPS.replace("{0}", "backlog-full")[1:] + "}",
                "{at: login, do: {signal: go}}",
            ]
        )
    )
    with Load(fake.address) as load:
        fakes.wait_until(lambda: load.met["accepted"] > 20, "no load")
        fake.logged_in().close()
        fake.wait_event("signal", name="done", within=30)
    assert not load.wrong, (load.wrong[:5], len(load.wrong), load.met)


@pytest.mark.parametrize("listen, host", [("0.0.0.0", "127.0.0.2"), ('"[::]"', "::1")])
def test_backlog_full_of_a_wildcard(start, listen, host):
    fake = start(fakes.scenario(gate="backlog-full", server=f"listen: {listen}"))
    before = overflows()
    assert meet((host, fake.port), 0.5) == "silence"
    assert overflows() > before
    assert not fake.events("connect")


@pytest.mark.net_raw
@pytest.mark.parametrize("listen, host", [("0.0.0.0", "127.0.0.2"), ('"[::]"', "::1")])
def test_unreachable_and_late_on_a_wildcard(start, listen, host):
    """The answer comes from the address that was asked."""
    fake = start(
        fakes.scenario(
            gate="[{unreachable: net, attempts: 1}, {slow: 300ms, attempts: 1}, accept]", server=f"listen: {listen}"
        )
    )
    assert meet((host, fake.port)) == "no net"
    assert connect_takes((host, fake.port)) >= 0.3
    assert meet((host, fake.port)) == "accepted"


@pytest.mark.net_raw
def test_counted_backlog_full(start):
    fake = start(fakes.scenario(gate="[backlog-full: {attempts: 2}, accept]", verify=["attempts: 10"]))
    assert sorted(crowd(fake.address, 10, timeout=2.5)) == ["accepted"] * 8 + ["silence"] * 2
    assert fake.stop() == 0, fake.stdout


@pytest.mark.net_raw
def test_every_address_has_its_own_way_to_fail(start):
    fake = start(
        fakes.scenario(
            server="listen: [127.0.0.1, {address: 127.0.0.2, gate: {unreachable: net}}, {address: 127.0.0.3, gate: "
            "{slow: 300ms}}, {address: 127.0.0.4, gate: backlog-full}, {address: 127.0.0.5, gate: refuse}]"
        )
    )
    met = [meet((f"127.0.0.{i}", fake.port), 0.9) for i in (1, 2, 4, 5)]
    assert met == ["accepted", "no net", "silence", "refused"]
    assert connect_takes(("127.0.0.3", fake.port)) >= 0.3


def without_net_raw():
    """How to start a program that lacks CAP_NET_RAW: nothing to do for a user that has none."""
    return ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"] if os.geteuid() == 0 else []


@pytest.mark.parametrize(
    "text, remedy",
    [
        (fakes.scenario(gate="[refuse: {attempts: 2}, accept]"), "`for: 2s`, `until: NAME`"),
        (fakes.scenario(["{at: login, do: {gate: [refuse: {attempts: 2}, accept]}}"]), "`for: 2s`, `until: NAME`"),
        (fakes.scenario(gate="{slow: 600ms}"), "{at: prelogin, do: {wait: 600ms}}"),
        (fakes.scenario(["{at: login, do: {gate: {slow: 1s}}}"]), "{at: prelogin, do: {wait: 600ms}}"),
        (fakes.scenario(gate="{unreachable: host}"), "use `refuse` or `drop`"),
        (
            fakes.scenario(server="listen: [127.0.0.1, {address: 127.0.0.2, gate: {unreachable: net}}]"),
            "use `refuse` or `drop`",
        ),
    ],
)
def test_what_takes_cap_net_raw_is_a_start_up_error_with_a_remedy_without_it(start, text, remedy):
    fake = start(text, wrapper=without_net_raw(), wait=False)
    assert fake.wait_exit() in (2, 3)
    assert not fake.ready_file.exists()
    assert "CAP_NET_RAW" in fake.stderr
    assert remedy in fake.stderr, "says what to write instead"


def test_uncounted_gates_need_no_capability(start):
    fake = start(fakes.scenario(gate="[refuse: {for: 300ms}, accept]"), wrapper=without_net_raw())
    assert meet(fake.address) == "refused"
    fakes.wait_until(lambda: meet(fake.address) == "accepted", "never accepts")


# --------------------------------------------------------------------------------------- flips under load


class Load:
    """Threads that connect as fast as they can and note everything but a refusal or a served connection."""

    def __init__(self, address, threads=4):
        self.address, self.met, self.wrong = address, {"refused": 0, "accepted": 0}, []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self):
        prelogin = m.packet(m.PRELOGIN, m.prelogin_payload())
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        while not self._stop.is_set():
            with socket.socket(family) as sock:
                # A SYN that the turning gate ignores is sent again after 1 s: too long for this load.
                sock.settimeout(0.05)
                try:
                    sock.connect(self.address)
                except ConnectionRefusedError:
                    self.met["refused"] += 1
                    continue
                except TimeoutError:
                    continue
                except OSError as error:
                    self.wrong.append(f"connect: {error}")
                    continue
                sock.settimeout(tds_client.patience)
                try:
                    sock.sendall(prelogin)
                    if sock.recv(4096):
                        self.met["accepted"] += 1
                    else:
                        self.wrong.append("let in, then FIN")
                except OSError as error:
                    self.wrong.append(f"let in, then {error}")
                # RST instead of FIN: no port of ours is left in TIME_WAIT, so no thread runs out of them.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


FLIPS = "[" + "wait: 8ms, gate: {0}, wait: 4ms, gate: accept, " * 60 + "signal: done]"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_flipping_to_refuse_resets_nobody_who_was_let_in(start, host):
    fake = start(
        fakes.scenario(
            [
                "{at: start, do: [hold: go, " + FLIPS.replace("{0}", "refuse")[1:] + "}",
                "{at: login, do: {signal: go}}",
            ],
            server=BOTH,
        )
    )
    with Load((host, fake.port)) as load:
        fakes.wait_until(lambda: load.met["accepted"] > 20, "no load")
        fake.logged_in().close()
        fake.wait_event("signal", name="done", within=30)
    assert not load.wrong, (load.wrong[:5], len(load.wrong), load.met)
    assert load.met["refused"] and load.met["accepted"]


def test_red_control_a_plain_listener_resets_whom_it_let_in():
    """The kernel resets what is queued at a listener that closes: this is what the load would see."""
    with socket.socket() as first:
        first.bind(("127.0.0.1", 0))
        first.listen(50)
        with Load(first.getsockname(), threads=2) as load:
            readable = select.select([first], [], [], tds_client.patience)[0]
            assert readable
            first.close()
            fakes.wait_until(lambda: load.wrong, "nobody was reset")
    must_fail(lambda: _assert_nothing(load.wrong))


def _assert_nothing(wrong):
    assert not wrong


def test_connections_survive_a_closed_gate(start):
    fake = start(fakes.scenario(["{at: query, when: {sql: SELECT 1}, times: 1, do: {gate: refuse}}"]))
    with fake.logged_in() as one, fake.connect() as fresh:
        assert one.batch("SELECT 1").rows == [[1]]
        fakes.wait_until(lambda: meet(fake.address, 0.2) == "refused", "never refuses")
        assert fresh.enter().batch("SELECT 1").rows == [[1]], "accepted before, served after"
