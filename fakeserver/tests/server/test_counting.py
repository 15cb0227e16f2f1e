"""How often a fault fires: skip, every, chance, times, per connection, when, and which fault takes an event."""

import concurrent.futures

import fake as fakes
import pytest
from story import story


def login(fake, **fields):
    """ "ok", or the number of the error that the login was refused with."""
    with fake.connect() as client:
        client.prelogin()
        answer = client.login(**fields)
        return "ok" if answer.logged_in else answer.errors[0]


def logins(fake, count):
    return [login(fake) for _ in range(count)]


@story("{at: login, times: 2, do: {error: 40613}}")
def test_times(fake):
    assert logins(fake, 4) == [40613, 40613, "ok", "ok"]


@story("{at: login, skip: 1, times: 1, do: {error: 40613}}")
def test_skip(fake):
    assert logins(fake, 4) == ["ok", 40613, "ok", "ok"]


@story("{at: login, every: 3, do: {error: 40613}}")
def test_every_third_is_the_third_not_the_first(fake):
    assert logins(fake, 7) == ["ok", "ok", 40613, "ok", "ok", 40613, "ok"]


@story("{at: login, skip: 2, every: 2, times: 2, do: {error: 40613}}")
def test_skip_then_every_then_times(fake):
    """Of 1 2 3 4 5 6 7 8 two pass, then every second fires, two at most: 4 and 6."""
    assert logins(fake, 8) == ["ok", "ok", "ok", 40613, "ok", 40613, "ok", "ok"]


@story("{at: login, times: 2, do: {error: 40613}}", "{at: login, times: 2, do: {error: 18456}}")
def test_exhausted_fault_falls_through_and_shadowed_ones_do_not_count(fake):
    assert logins(fake, 5) == [40613, 40613, 18456, 18456, "ok"]


@story("{at: login, every: 2, do: {error: 40613}}", "{at: login, skip: 1, do: {error: 18456}}")
def test_only_events_that_reach_a_fault_are_counted_by_it(fake):
    """The second fault sees logins 1, 3, 5: it skips 1 and takes 3 and 5."""
    assert logins(fake, 5) == ["ok", 40613, 18456, 40613, 18456]


@story(
    "{at: query, per: connection, skip: 1, times: 1, do: {error: {number: 50001, message: scripted}}}",
    red=("{at: query, skip: 1, times: 1, do: {error: {number: 50001, message: scripted}}}",),
)
def test_per_connection_counts_each_anew(fake):
    for _ in range(2):
        with fake.logged_in() as client:
            assert [client.batch("SELECT 1").errors for _ in range(3)] == [[], [50001], []]


@story("{at: login, when: {connection: 2..3}, do: {error: 40613}}")
def test_when_connection_range(fake):
    assert logins(fake, 4) == ["ok", 40613, 40613, "ok"]


@story(
    "{at: login, when: {user: ann}, do: {error: {number: 50001, message: scripted}}}",
    "{at: login, when: {database: /^ord/}, do: {error: {number: 50002, message: scripted}}}",
    "{at: login, when: {app: [one, two]}, do: {error: {number: 50003, message: scripted}}}",
    "{at: login, when: {host: pc7, user: bob}, do: {error: {number: 50004, message: scripted}}}",
)
def test_when_matches_login_fields(fake):
    assert login(fake, user="ANN") == 50001, "text ignores letter case"
    assert login(fake, user="anna") == "ok", "text matches whole"
    assert login(fake, database="OrDers") == 50002, "a regular expression is found anywhere, ignoring case"
    assert login(fake, database="my orders") == "ok"
    assert login(fake, app="two") == 50003, "a list: any of"
    assert login(fake, host="pc7") == "ok", "all keys must hold"
    assert login(fake, host="pc7", user="bob") == 50004


@story(
    "{at: query, when: {sql: select   NAME from t}, do: {error: {number: 50001, message: scripted}}}",
    "{at: rpc, when: {sql: /two/}, do: {error: {number: 50002, message: scripted}}}",
)
def test_when_matches_sql(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT name  FROM T").errors == [50001], "blanks and letter case do not matter"
        assert client.batch("SELECT 1").errors == []
        client.send_rpc("SELECT TWO")
        assert client.read_message().errors == [50002]


@story("{at: [prelogin, query], times: 2, do: {send: {hex: 00}}}")
def test_one_fault_at_two_stages_counts_both(fake):
    with fake.connect() as client:
        client.send_prelogin()
        assert client.read_exactly(1) == b"\0"
        assert client.login().logged_in
        client.send_batch("SELECT 1")
        assert client.read_exactly(1) == b"\0"
        assert client.batch("SELECT 1").rows == [[1]]


@story(
    "{at: batch, do: {error: {number: 50001, message: scripted}}}",
    "{at: query, unused: allowed, do: {error: {number: 50002, message: scripted}}}",
)
def test_first_fault_in_file_order_takes_the_event(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").errors == [50001]


@story("{at: query, do: {error: {number: 50001, message: scripted}}}")
def test_query_leaves_driver_set_up_out(fake):
    with fake.logged_in() as client:
        assert client.batch("SET TEXTSIZE 100").errors == []
        assert client.batch("USE orders").errors == []
        assert client.batch("SELECT 1").errors == [50001]


def chance_pattern(start, seed, count=40):
    fake = start(
        "tdsfake: 1\nserver: {faults: [{at: login, chance: 50%, do: {error: 40613}}]}\n", "--seed", str(seed)
    )
    pattern = logins(fake, count)
    fake.stop()
    return pattern


def test_chance_is_drawn_from_the_seed(start):
    first = chance_pattern(start, 7)
    assert chance_pattern(start, 7) == first
    assert chance_pattern(start, 8) != first
    assert 5 <= first.count(40613) <= 35


@pytest.mark.parametrize("percent, expected", [(0, "ok"), (100, 40613)])
def test_chance_at_its_ends(start, percent, expected):
    allowed = "unused: allowed, "
    fake = start(
        f"tdsfake: 1\nserver: {{faults: [{{at: login, {allowed}chance: {percent}%, do: {{error: 40613}}}}]}}\n"
    )
    assert logins(fake, 20) == [expected] * 20


def test_chance_does_not_depend_on_scheduling(start):
    """The same connections meet the fault whether they log in one after the other or all at once."""
    text = "tdsfake: 1\nserver: {faults: [{at: login, chance: 30%, do: {error: 40613}}]}\n"
    hit = []
    for workers in (1, 16):
        fake = start(text, "--seed", "11")
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(lambda _: login(fake), range(48)))
        hit.append({e["connection"] for e in fake.wait_event("closed", 48) and fake.events("fault")})
    assert hit[0] == hit[1] and hit[0]


def test_seed_is_printed_and_reproduces(start):
    """A run without --seed draws one and says it, so that it can be repeated."""
    text = "tdsfake: 1\nserver: {faults: [{at: login, chance: 50%, do: {error: 40613}}]}\n"
    fake = start(text)
    first = logins(fake, 24)
    fake.stop()
    found = [word.strip(".,;:()") for word in (fake.stdout + fake.stderr).replace("=", " ").split()]
    seed = found[found.index("seed") + 1]
    assert seed.isdigit(), fake.stdout
    again = start(text, "--seed", seed)
    assert logins(again, 24) == first


@pytest.mark.parametrize(
    "faults, expected",
    [
        ("{at: login, times: 50, do: {error: 40613}}", 50),
        ("{at: login, skip: 30, every: 3, do: {error: 40613}}", 56),
    ],
)
def test_counts_are_exact_under_200_concurrent_clients(start, faults, expected):
    fake = start(f"tdsfake: 1\nserver: {{faults: [{faults}]}}\nverify: [{{logins: 200}}]\n")
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        clients = list(pool.map(lambda _: fake.connect(), range(200)))
        for client in clients:
            client.send_prelogin()
        list(pool.map(lambda c: (c.read_message(), c.send_login()), clients))
        refused = sum(not client.read_message().logged_in for client in clients)
    for client in clients:
        client.close()
    assert refused == expected
    assert fake.stop() == 0, fake.stdout


def answers_after_the_last_fault(fake, connections):
    fake.wait_event("closed", connections)
    last = fake.events("fault")[-1]
    return [e["t"] for e in fake.events("sent") if e["connection"] > last["connection"]]


@story("{at: login, for: 700ms, do: {error: 40613}}")
def test_for_counts_from_the_first_firing(fake):
    outcomes = logins(fake, 1)
    assert outcomes == [40613]
    fakes.wait_until(lambda: outcomes.append(login(fake)) or outcomes[-1] == "ok", "never healthy again")
    assert login(fake) == "ok"
    after = answers_after_the_last_fault(fake, len(outcomes) + 1)
    began = fake.events("fault")[0]["t"]
    assert fake.events("fault")[-1]["t"] - began < 0.7 <= after[1] - began


@story("{at: login, until: 1s, do: {error: 40613}}")
def test_until_a_duration_from_ready(fake):
    outcomes = logins(fake, 1)
    assert outcomes == [40613]
    fakes.wait_until(lambda: outcomes.append(login(fake)) or outcomes[-1] == "ok", "never healthy")
    after = answers_after_the_last_fault(fake, len(outcomes))
    ready = fake.events("gate")[0]["t"]  # the clocks start with the gate
    assert fake.events("fault")[-1]["t"] - ready < 1.0 <= after[1] - ready


@story("{at: login, since: 700ms, do: {error: 40613}}")
def test_since_a_duration_from_ready(fake):
    fakes.wait_until(lambda: login(fake) == 40613, "never refused")
    assert fake.wait_event("fault")["t"] - fake.events("ready")[0]["t"] >= 0.7


@story(
    "{at: login, when: {user: start}, do: {signal: broken}}",
    "{at: login, when: {user: end}, do: {signal: mended}}",
    "{at: login, since: broken, until: mended, do: {error: 40613}}",
)
def test_since_and_until_signals(fake):
    assert login(fake) == "ok"
    assert login(fake, user="start") == "ok"
    assert login(fake) == 40613
    assert login(fake) == 40613
    assert login(fake, user="end") == "ok"
    assert login(fake) == "ok"


@story("{at: login, when: {user: up}, do: {signal: up}}", "{at: query, times: 1, do: [hold: up]}")
def test_a_signal_stays_raised(fake):
    fake.logged_in(user="up").close()
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").rows == [[1]]
    fake.wait_event("closed", 2)
    assert [e["name"] for e in fake.events("signal")] == ["up"]
