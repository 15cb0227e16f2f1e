"""Cancelling and timeouts: a query that takes long, and the connection afterwards."""

from driver_cases.case import case, equal

SLOW = """
tdsfake: 1
server:
  queries:
    - {match: SELECT slow, columns: {n: int}, rows: [[1]]}
    - {match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}
  faults: [{at: query, when: {sql: SELECT slow}, unused: allowed, do: {wait: 30s}}]
"""


@case("cancel.running", "a running query is cancelled, the connection is used again", scenario=SLOW)
def cancel(t):
    c = t.open()
    before = t.connections()
    running = c.start("query", sql="SELECT slow")
    t.sees_request("SELECT slow")
    c.cancel()
    with t.fails():
        c.finish(running)
    t.sees_message("ATTENTION")
    equal("the value of the next query", str(c.query("SELECT n FROM five").value), "5")
    equal("connections since", t.connections() - before, 0)


@case("timeout.query", "a query times out, the connection is used again", scenario=SLOW)
def timeout(t):
    c = t.open()
    before = t.connections()
    with t.fails():
        c.query("SELECT slow", timeout=1)
    t.sees_request("SELECT slow", within=5)
    t.sees_message("ATTENTION", within=5)
    equal("the value of the next query", str(c.query("SELECT n FROM five").value), "5")
    equal("connections since", t.connections() - before, 0)


@case("timeout.login", "a login that gets no answer times out", scenario="""
tdsfake: 1
server:
  faults: [{at: login, unused: allowed, do: stall}]
""")
def login_timeout(t):
    with t.fails():
        t.open(timeout=2, within=8)
    t.sees_message("LOGIN7")
