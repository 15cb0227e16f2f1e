"""Expectations: each kind met, and unmet with a line that says what was seen."""

import time

import fake as fakes
import pytest


def traffic(fake):
    """Two connections: one logs in, asks, sends ATTENTION and leaves; one leaves after PRELOGIN."""
    with fake.logged_in(user="ann") as client:
        client.batch("SELECT 1")
        client.send_attention()
        client.read_message()
    with fake.connect() as client:
        client.prelogin()
    fake.wait_event("closed", 2)


MET = [
    "connections: 2",
    "prelogins: 2",
    "logins: 1",
    "accepted: 1",
    "requests: 1",
    "attentions: 1",
    "abandoned: 1",
    "open: 0",
    "connections: {at-least: 2}",
    "connections: {at-most: 2}",
    "connections: {at-least: 1, at-most: 3}",
    "logins: {at-least: 1, when: {user: ann}}",
    "logins: {at-most: 0, when: {user: bob}}",
    "requests: {at-least: 1, when: {sql: /select/}}",
    "logins: {at-least: 1, server: server}",
    "logins: {at-least: 1, until: 1h}",
    "prelogins: {at-most: 0, since: 1h}",
    "prelogins: {at-most: 0, since: never-raised}",
    "closed: {by: client}",
    "closed: {by: client, of: prelogin}",
    "closed: {by: client, of: prelogin, within: 60s}",
    "seen: {at: login, when: {user: ann}}",
    "seen: {at: [login, attention]}",
    "never: {at: rpc}",
    "never: {at: login, when: {user: bob}}",
    "seen: {at: query, when: {sql: SELECT 1}}",
]
UNMET = [
    # the check, what its unmet line must say was seen
    ("connections: 3", "2"),
    ("prelogins: 1", "2"),
    ("logins: 7", "1"),
    ("accepted: 0", "1"),
    ("requests: 2", "1"),
    ("attentions: 0", "1"),
    ("abandoned: 0", "1"),
    ("open: 1", "0"),
    ("connections: {at-least: 5}", "2"),
    ("connections: {at-most: 1}", "2"),
    ("logins: {at-least: 1, when: {user: bob}}", "0"),
    ("requests: {at-most: 0, when: {sql: /select/}}", "1"),
    ("logins: {at-least: 1, until: 0ms}", "0"),
    ("prelogins: {at-least: 1, since: 1h}", "0"),
    ("closed: {by: server}", "client"),
    ("closed: {by: client, of: prelogin, within: 0ms}", "s"),
    ("seen: {at: rpc}", ""),
    ("seen: {at: login, when: {user: bob}}", ""),
    ("never: {at: login}", "1"),
    ("never: {at: query, when: {sql: /select/}}", "1"),
]


def verdict(start, checks, act, gate=None, **how):
    fake = start(fakes.scenario(verify=checks, gate=gate, **how))
    act(fake)
    return fake, fake.stop()


def test_all_met_together(start):
    fake, code = verdict(start, MET, traffic)
    assert code == 0, fake.stdout
    assert [e["met"] for e in fake.events("verdict")] == [True] and not fake.events("unmet")


@pytest.mark.parametrize("check", MET)
def test_met(start, check):
    fake, code = verdict(start, [check], traffic)
    assert code == 0, fake.stdout


@pytest.mark.parametrize("check, seen", UNMET)
def test_unmet_says_what_was_seen(start, check, seen):
    fake, code = verdict(start, [check], traffic)
    assert code == 1, fake.stdout
    (unmet,) = fake.events("unmet")
    assert unmet["line"] == 3 and check.split(":")[0] in unmet["text"]
    assert seen in str(unmet["seen"]) and unmet["seen"], unmet
    assert check.split(":")[0] in fake.stdout and str(unmet["seen"]) in fake.stdout
    assert [e["met"] for e in fake.events("verdict")] == [False]


def test_every_unmet_line_is_reported(start):
    fake, code = verdict(start, [check for check, _ in UNMET], traffic)
    assert code == 1
    assert [e["line"] for e in fake.events("unmet")] == list(range(3, 3 + len(UNMET)))


def test_open_connections_at_the_end(start):
    def act(fake):
        act.client = fake.logged_in()
        fake.logged_in().close()
        fake.wait_event("closed")

    fake, code = verdict(start, ["open: 1"], act)
    act.client.close()
    assert code == 0, fake.stdout


def logins_with_gaps(*gaps):
    def act(fake):
        fake.logged_in().close()
        for gap in gaps:
            time.sleep(gap)  # the spacing under test, not a synchronisation
            fake.logged_in().close()
        fake.wait_event("closed", 1 + len(gaps))

    return act


@pytest.mark.parametrize(
    "check, code",
    [
        ("{of: logins, at-least: 200ms}", 0),
        ("{of: logins, at-least: 60s}", 1),
        ("{of: logins, at-most: 60s}", 0),
        ("{of: logins, at-most: 50ms}", 1),
        ("{of: connections, at-least: 200ms, at-most: 60s}", 0),
    ],
)
def test_spacing(start, check, code):
    fake, seen = verdict(start, [f"spacing: {check}"], logins_with_gaps(0.25, 0.25))
    assert seen == code, fake.stdout
    assert all("ms" in str(e["seen"]) or "s" in str(e["seen"]) for e in fake.events("unmet"))


@pytest.mark.parametrize("growth, code", [("1.5", 0), ("50", 1)])
def test_spacing_growth(start, growth, code):
    fake, seen = verdict(start, [f"spacing: {{of: logins, growth: {growth}}}"], logins_with_gaps(0.05, 0.4))
    assert seen == code, fake.stdout


@pytest.mark.net_raw
@pytest.mark.parametrize("expected, code", [(3, 0), (4, 1)])
def test_attempts_count_the_refused_too(start, expected, code):
    def act(fake):
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                fake.connect()

    fake, seen = verdict(start, [f"attempts: {expected}"], act, gate="refuse")
    assert seen == code, fake.stdout
    assert all("3" in str(e["seen"]) for e in fake.events("unmet"))


def test_closed_by_server(start):
    def act(fake):
        with fake.connect() as client:
            client.send_prelogin()
            client.expect_end("FIN")
        fake.wait_event("closed")

    fake, code = verdict(
        start, ["closed: {by: server, of: prelogin, within: 30s}"], act, faults=["{at: prelogin, do: close}"]
    )
    assert code == 0, fake.stdout


def test_since_a_signal(start):
    faults = ["{at: login, when: {user: mark}, do: {signal: marked}}"]

    def act(fake):
        for user in ("a", "mark", "b", "c"):
            fake.logged_in(user=user).close()
        fake.wait_event("closed", 4)

    checks = [
        "logins: {at-least: 2, at-most: 3, since: marked}",
        "logins: {at-least: 1, at-most: 2, until: marked}",
    ]
    fake, code = verdict(start, checks, act, faults=faults)
    assert code == 0, fake.stdout


def test_counts_of_one_server_among_two(start):
    fake = start("""
tdsfake: 1
servers: {a: {}, b: {}}
verify:
  - logins: {at-least: 1, at-most: 1, server: a}
  - logins: {at-most: 0, server: b}
""")
    fake.logged_in().close()
    fake.wait_event("closed")
    assert fake.stop() == 0, fake.stdout
