"""The gate: what a connect meets, for how long, how often, and that flipping it hurts nobody who was let in."""

import concurrent.futures
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


def meet(address, timeout=5.0):
    """What one connect meets: "refused", "silence", or "accepted" when PRELOGIN is answered; all else is a fault."""
    try:
        client = tds_client.connect(address, timeout=timeout)
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silence"
    with client:
        try:
            client.prelogin()
        except (AssertionError, OSError) as error:
            return f"let in, then {error}"
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


def without_net_raw():
    """How to start a program that lacks CAP_NET_RAW: nothing to do for a user that has none."""
    return ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"] if os.geteuid() == 0 else []


@pytest.mark.parametrize(
    "text",
    [
        fakes.scenario(gate="[refuse: {attempts: 2}, accept]"),
        fakes.scenario(["{at: login, do: {gate: [refuse: {attempts: 2}, accept]}}"]),
    ],
)
def test_counting_without_cap_net_raw_is_a_start_up_error_with_a_remedy(start, text):
    fake = start(text, wrapper=without_net_raw(), wait=False)
    assert fake.wait_exit() in (2, 3)
    assert not fake.ready_file.exists()
    assert "CAP_NET_RAW" in fake.stderr
    assert "for" in fake.stderr and "until" in fake.stderr, "says what to write instead"


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
