"""Being sent elsewhere: routing at login, read-only intent, a named instance through the Browser."""

from driver_cases.case import case, equal, expect


@case("routing.followed", "the login sends the driver to another server", needs=("routing",), scenario="""
tdsfake: 1
servers:
  gateway:
    faults: [{at: login, do: {route: {to: node}}}]
  node:
    queries: [{match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}]
""", control="""
tdsfake: 1
servers:
  gateway: {}
  node:
    queries: [{match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}]
""")
def routed(t):
    equal("the value", str(t.open().query("SELECT n FROM five").value), "5")
    logins = [e.get("server") for e in t.received("LOGIN7")]
    # A pool tries a connection before it opens its own (node-mssql): each is sent on.
    equal("the servers that read a login", logins, ["gateway", "node"] * (len(logins) // 2 or 1))


@case("login.read-only", "read-only intent is in the login", scenario="tdsfake: 1\nserver: {}\n", control=None)
def read_only(t):
    t.open(intent="read-only").close()
    t.open().close()
    t.sees_message("LOGIN7", 2)
    said = [e.get("intent") for e in t.received("LOGIN7")]
    expect((said[0], said[-1]) == ("read-only", "read-write"), f"the logins say {said}")


BROWSER = """
tdsfake: 1
params: {host: 127.0.0.1}
server:
  listen: $host
  identity: {instance: %s}
  queries: [{match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}]
browser: {listen: "$host:1434"}
"""


@case("browser.instance", "a named instance is found through the Browser", scenario=BROWSER % "SALES",
      control=BROWSER % "OTHER")
def instance(t):
    c = t.open(instance="SALES", port=None)
    equal("the value", str(c.query("SELECT n FROM five").value), "5")
    t.sees_message("SSRP")
