"""Connecting: TDS versions, encryption modes, and logins that are refused."""

from driver_cases.case import case, equal, expect

ONE_USER = """
tdsfake: 1
server:
  logins: [{user: sa, password: secret, databases: [master, orders]}]
"""


@case("connect.plain", "connects without TLS, SELECT 1, leaves", scenario="""
tdsfake: 1
server:
  queries: [{match: SELECT 41 + 1, columns: {answer: int}, rows: [[42]]}]
""")
def plain(t):
    c = t.open()
    equal("the value", str(c.query("SELECT 41 + 1").value), "42")
    c.close()
    equal("the user of the login", t.first("LOGIN7").get("user"), "sa")


for version in ("7.0", "7.1", "7.2", "7.3", "7.4"):

    def with_version(t, version=version):
        c = t.open(tds=version)
        answer = c.query("SELECT 42 AS n")
        equal("the values", [[None if v is None else str(v) for v in row] for row in answer.rows], [["42", "naïve ☃"], ["-1", None]])
        spoken = t.first("LOGIN7").get("tds", "")
        expect(spoken.startswith(version), f"the login is TDS {spoken}, not {version}")

    case(f"connect.tds-{version}", f"connects with TDS {version}", scenario="""
tdsfake: 1
server:
  queries: [{match: SELECT 42 AS n, columns: {n: int, s: nvarchar(20)}, rows: [[42, naïve ☃], [-1, null]]}]
""")(with_version)


@case("login.wrong-password", "a wrong password is error 18456", scenario=ONE_USER)
def wrong_password(t):
    with t.fails(18456, "Login failed for user 'sa'", state=1, severity=14):
        t.open(password="wrong")
    t.sees_message("LOGIN7")


@case("login.wrong-user", "an unknown user is error 18456", scenario=ONE_USER)
def wrong_user(t):
    with t.fails(18456, "Login failed for user 'nobody'", state=1, severity=14):
        t.open(user="nobody")


@case("login.wrong-database", "an unknown database is error 4060", scenario=ONE_USER)
def wrong_database(t):
    # The server says 4060 and then 18456; most drivers hand on the last of several errors, some all of them.
    with t.fails((4060, 18456)):
        t.open(database="nowhere")


@case("login.database", "the database of the login is the one asked for", scenario=ONE_USER, control="""
tdsfake: 1
server:
  logins: [{user: sa, password: secret, databases: [master]}]
""")
def database(t):
    t.open(database="orders").close()
    asked = t.first("LOGIN7").get("database")
    # FreeTDS's DB-Library changes the database by USE after the login.
    uses = [e for e in t.received("SQL batch") if "use [orders]" in str(e.get("sql", "")).lower()]
    expect(asked == "orders" or uses, f"the login asks for {asked!r}, and no USE follows")


def encrypted(policy, mode, **more):
    """`policy` of the server, `mode` of the driver: which of its settings."""
    name = {"off": "login", "login": "login", "on": "on", "strict": "strict"}[mode]

    def run(t):
        c = t.open(encrypt=mode)
        equal("the value", str(c.query("SELECT n FROM seven").value), "7")
        t.sees("a handshake of TLS", lambda events: any(e.get("flight") == "client-finished" for e in events), 3)
        up = [e for e in t.received("TLS") if e.get("flight") == "client-finished"]
        # What comes after the login is inside TLS, too, unless it was for the login only.
        scope = "login only" if (policy, mode) == ("off", "login") else "everything"
        equal("the scope of TLS", up[0].get("scope"), scope)

    case(
        f"tls.{policy}-{name}", more.pop("about"), ca=True,
        scenario=f"""
tdsfake: 1
server:
  identity: {{encryption: {policy}}}
  queries: [{{match: SELECT n FROM seven, columns: {{n: int}}, rows: [[7]]}}]
""",
        control=f"""
tdsfake: 1
server:
  identity: {{encryption: not-supported}}
  queries: [{{match: SELECT n FROM seven, columns: {{n: int}}, rows: [[7]]}}]
""",
    )(run)


encrypted("off", "login", about="TLS for the login only")
encrypted("off", "on", about="TLS for all, wanted by the driver")
encrypted("required", "on", about="TLS for all, wanted by both")
encrypted("required", "login", about="TLS for all, insisted on by the server")
encrypted("strict", "strict", about="TDS 8.0: TLS before anything else")


@case("tls.not-supported", "a driver that insists on TLS leaves a server without", ca=True, scenario="""
tdsfake: 1
server: {identity: {encryption: not-supported}}
""", control="""
tdsfake: 1
server: {identity: {encryption: off}}
""")
def not_supported(t):
    with t.fails():
        t.open(encrypt="on")
    equal("the logins that were sent", len(t.received("LOGIN7")), 0)


@case("tls.untrusted", "a certificate that nobody trusts is refused", ca=True, scenario="""
tdsfake: 1
server: {identity: {encryption: off, certificate: self-signed}}
""", control="""
tdsfake: 1
server: {identity: {encryption: off}}
""")
def untrusted(t):
    with t.fails():
        t.open(encrypt="on", trust=False, host="localhost")  # the certificate has this name; not all drivers compare addresses
    equal("the logins that were sent", len(t.received("LOGIN7")), 0)
