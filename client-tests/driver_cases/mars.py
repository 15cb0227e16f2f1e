"""MARS: several requests at once on one connection, each in a session of SMP."""

from driver_cases.case import case, equal, expect

BIG, SMALL = 20_000, 2  # rows: more than any window, two
TWO = """
tdsfake: 1
server:
  identity: {mars: %s}
  queries:
    - {match: SELECT a, columns: {a: int}, rows: [[1], [2]]}
    - {match: SELECT b, columns: {b: int}, rows: [[3], [4]]}
    - {match: SELECT big, columns: {n: int}, rows: {count: 20000}}
"""
MARS = {"needs": ("mars",), "scenario": TWO % "on", "control": TWO % "off"}


def interleaved(t, **options):
    c = t.open(mars=True, **options)
    both = c.do("interleave", first="SELECT a", second="SELECT b")
    equal("the rows", [[str(v) for v in row] for row in both["rows"]], [["1", "3"], ["2", "4"]])
    equal("connections", t.connections(), 1)
    opened = {e.get("session") for e in t.received("SMP", flag="SYN")}
    expect(len(opened) >= 2, f"the MARS sessions that were opened: {opened}")


case("mars.two-results", "MARS: two results at once on one connection", **MARS)(interleaved)
case("mars.two-results-tls", "MARS: the same inside TLS", ca=True, **MARS)(lambda t: interleaved(t, encrypt="on"))


def beside(t, first, leave=None):
    """Reads the first result around the second; what the driver read, the session of the first, and what came on it after
    the second was asked for."""
    read = t.open(mars=True).do("beside", first=first, second="SELECT b", leave=leave)
    events = t.events
    asked = [e for e in events if e["event"] == "received" and e.get("message") == "SQL batch"]
    session = next((e.get("session") for e in asked if e.get("sql") == first), None)
    second = next((e for e in asked if e.get("sql") == "SELECT b"), {"seq": 0})
    expect(session is not None and session != second.get("session"), f"the sessions of the requests are no two: {asked}")
    later = [e for e in events if e["event"] == "received" and e.get("session") == session and e["seq"] > second["seq"]]
    return read, later


@case("mars.window", "MARS: a result fills the window of its session while another is read, and goes on", **MARS)
def window(t):
    # That the server waits shows on the wire; the second judge looks at it (judge/windows.py).
    read, later = beside(t, "SELECT big")
    equal("the rows", read, {"second": SMALL, "first": BIG - 1})
    expect(any(e.get("flag") == "ACK" for e in later), f"no ACK moved the window of the first session: {later}")


@case("mars.cancel", "MARS: a result is cancelled while another is read, its session is used again", **MARS)
def cancel(t):
    read, later = beside(t, "SELECT big", leave="cancel")
    equal("the rows", read, {"second": SMALL, "first": SMALL})
    said = [e["message"] for e in later]
    expect("ATTENTION" in said and "SQL batch" in said[said.index("ATTENTION"):], f"the first session said {said}")


def first_leaves(first):
    def run(t):
        read, later = beside(t, first, leave="close")
        equal("the rows", read, {"second": SMALL, "first": 0})
        # FIN where a cursor has a session for itself; ODBC drivers keep it, and cancel what was not read.
        gave_up = [e for e in later if e.get("flag") == "FIN" or e["message"] == "ATTENTION"]
        expect(bool(gave_up) or first != "SELECT big", f"the first session did not end: {later}")
        equal("connections", t.connections(), 1)

    return run


case("mars.first-leaves", "MARS: the session that was opened first ends first", **MARS)(first_leaves("SELECT a"))
case("mars.first-leaves-full", "MARS: the same, with its window full", **MARS)(first_leaves("SELECT big"))
