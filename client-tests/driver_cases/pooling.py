"""Pools: a connection that comes back is reset, or at least used again; and several requests at once on one."""

from driver_cases.case import case, equal, expect

ONE = """
tdsfake: 1
server:
  queries: [{match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}]
"""


@case("pool.checkout", "a pool's connection is checked out twice, over one TCP connection", scenario=ONE)
def checkout(t):
    pool = t.open(pool=True)
    t.acquire(pool).release()
    before = t.connections()
    for _ in range(2):
        c = t.acquire(pool)
        equal("the value", str(c.query("SELECT n FROM five").value), "5")
        c.release()
    equal("connections since", t.connections() - before, 0)


@case("pool.reset", "the second user of a pooled connection gets a reset one", scenario=ONE)
def reset(t):
    pool = t.open(pool=True)
    for _ in range(2):
        c = t.acquire(pool)
        equal("the value", str(c.query("SELECT n FROM five").value), "5")
        c.release()
    # A bit of the next request, or (pytds) the procedure behind it.
    resets = [e for e in t.received() if "reset" in str(e.get("status", "")) or e.get("procedure") == "sp_reset_connection"]
    expect(bool(resets), "no request asked for a reset of the connection")


@case("mars.two-results", "two results at once on one connection", scenario="""
tdsfake: 1
server:
  queries:
    - {match: SELECT a, columns: {a: int}, rows: [[1], [2]]}
    - {match: SELECT b, columns: {b: int}, rows: [[3], [4]]}
""", control="""
tdsfake: 1
server:
  identity: {mars: off}
  queries:
    - {match: SELECT a, columns: {a: int}, rows: [[1], [2]]}
    - {match: SELECT b, columns: {b: int}, rows: [[3], [4]]}
""")
def mars(t):
    c = t.open(mars=True)
    both = c.do("interleave", first="SELECT a", second="SELECT b")
    equal("the rows", [[str(v) for v in row] for row in both["rows"]], [["1", "3"], ["2", "4"]])
    equal("connections", t.connections(), 1)
    opened = {e.get("session") for e in t.received("SMP", flag="SYN")}
    expect(len(opened) >= 2, f"the MARS sessions that were opened: {opened}")
