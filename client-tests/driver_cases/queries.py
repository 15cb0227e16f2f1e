"""Batches: several results, row counts, errors, messages, transactions."""

from driver_cases.case import case, equal, expect
from harness.talk import Refused


@case("query.several-results", "two results of one batch", scenario="""
tdsfake: 1
server:
  queries:
    - match: /^EXEC both/
      results:
        - {columns: {a: int}, rows: [[1], [2]]}
        - {columns: {b: nvarchar(10)}, rows: [[three]]}
""")
def several_results(t):
    c = t.open()
    tables = c.query("EXEC both").tables
    equal("the rows", [[[str(v) for v in row] for row in one["rows"]] for one in tables], [[["1"], ["2"]], [["three"]]])


@case("query.no-rows", "a result without rows", scenario="""
tdsfake: 1
server:
  queries: [{match: SELECT a FROM nothing, columns: {a: int}, rows: []}]
""")
def no_rows(t):
    tables = t.open().query("SELECT a FROM nothing").tables
    equal("the rows", [row for one in tables for row in one["rows"]], [])
    t.sees_request("FROM nothing")


@case("query.affected", "the row count of a statement", scenario="""
tdsfake: 1
server:
  queries: [{match: "/^UPDATE stock/", affected: 17}]
""")
def affected(t):
    equal("the row counts", t.open().query("UPDATE stock SET n = 0").affected, [17])


@case("query.error", "an error: number, state, class, text; the connection goes on", scenario="""
tdsfake: 1
server:
  queries:
    - {match: "/^DELETE FROM parents/", error: {number: 547, state: 3, class: 16, message: the children are in the way}}
    - {match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}
""")
def error(t):
    c = t.open()
    before = t.connections()
    with t.fails(547, "the children are in the way", state=3, severity=16):
        c.query("DELETE FROM parents")
    equal("the value of the next query", str(c.query("SELECT n FROM five").value), "5")
    equal("connections since", t.connections() - before, 0)


@case("query.error-after-rows", "an error behind rows", scenario="""
tdsfake: 1
server:
  queries:
    - {match: SELECT n FROM broken, columns: {n: int}, rows: [[1], [2]], error: {number: 823, class: 16, message: page is torn}}
""")
def error_after_rows(t):
    with t.fails(823, "page is torn", severity=16):
        t.open().query("SELECT n FROM broken")


@case("query.fatal", "an error of class 20 ends the connection", scenario="""
tdsfake: 1
server:
  queries: [{match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}]
  faults: [{at: query, when: {sql: /boom/}, do: {error: {number: 50020, class: 20, message: the end is near}}}]
""")
def fatal(t):
    c = t.open()
    before = t.connections()
    with t.fails():
        c.query("SELECT boom")
    t.sees("the end of the connection", lambda events: any(e["event"] == "closed" for e in events), 5)
    # A connection is dead from here on; a pool gets a new one by itself.
    try:
        equal("the value of the next query", str(c.query("SELECT n FROM five").value), "5")
    except Refused:
        return
    equal("connections since", t.connections() - before, 1)


@case("query.print", "PRINT reaches the application", needs=("info",), scenario="""
tdsfake: 1
server:
  queries: [{match: /^PRINT/, info: halfway there}]
""")
def printed(t):
    told = t.open().query("PRINT 'halfway there'").messages
    expect(any("halfway there" in one["text"] for one in told), f"the messages are {told}")


@case("query.raiserror-10", "RAISERROR below class 11 is no error", needs=("info",), scenario="""
tdsfake: 1
server:
  queries: [{match: /^RAISERROR/, info: {number: 50001, class: 5, state: 9, message: mind the gap}}]
""")
def low_raiserror(t):
    told = t.open().query("RAISERROR ('mind the gap', 5, 9)").messages
    expect(any("mind the gap" in one["text"] for one in told), f"the messages are {told}")


TABLE = """
tdsfake: 1
server:
  queries: [{match: "/INSERT INTO t/", affected: 1}]
"""


@case("transaction.commit", "begin, insert, commit", scenario=TABLE)
def commit(t):
    c = t.open()
    c.begin()
    c.query("INSERT INTO t VALUES (1)")
    c.commit()
    said(t, "commit")


@case("transaction.rollback", "begin, insert, roll back", scenario=TABLE)
def rollback(t):
    c = t.open()
    c.begin()
    c.query("INSERT INTO t VALUES (1)")
    c.rollback()
    said(t, "rollback")


def said(t, what):
    """A transaction ends by a transaction manager request, or by SQL."""
    after = False
    for event in t.events:
        text = str(event.get("sql", "")).upper()
        if event["event"] == "received" and "INSERT INTO T" in text:
            after = True
        elif event["event"] == "received" and after:
            if event.get("message") == "transaction manager request" or what.upper() in text:
                return
    expect(False, f"no {what} after the INSERT")


@case("query.large", "a result of 5,000 rows, over many packets", scenario="""
tdsfake: 1
server:
  queries: [{match: SELECT n FROM many, columns: {n: int, s: nvarchar(100)}, rows: {count: 5000}}]
""", needs=("types",))
def large(t):
    rows = t.open().query("SELECT n FROM many", within=20).rows
    equal("the number of rows", len(rows), 5000)
