"""Pools: a connection that comes back is reset, or at least used again."""

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
