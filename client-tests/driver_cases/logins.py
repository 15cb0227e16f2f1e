"""Other ways to log in than with a user's name and password, and what a login agrees on."""

from driver_cases.case import case, equal, expect

TOKEN = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ0ZHNmYWtlIn0.c2ln"
QUERY = "queries: [{match: SELECT n FROM five, columns: {n: int}, rows: [[5]]}]"


def five(t, **options):
    equal("the value", str(t.open(**options).query("SELECT n FROM five").value), "5")


@case("login.ntlm", "integrated login by NTLM", scenario=f"""
tdsfake: 1
server:
  logins: [{{user: 'CORP\\ann'}}]
  {QUERY}
""", control="""
tdsfake: 1
server: {logins: [{user: 'CORP\\bob'}]}
""")
def ntlm(t):
    five(t, domain="CORP", user="ann", password="secret")
    t.sees_message("SSPI")


@case("login.token", "a login by access token", ca=True, scenario=f"""
tdsfake: 1
server:
  {QUERY}
""", control="""
tdsfake: 1
server:
  faults: [{at: [login, fedauth], do: {error: 18456}}]
""")
def token(t):
    five(t, encrypt="on", token=TOKEN)
    expect("fedauth" in str(t.first("LOGIN7").get("features")), f"the login asks for no FEDAUTH: {t.first('LOGIN7')}")


@case("login.fedauthinfo", "a login by a token that is fetched from where FEDAUTHINFO says", ca=True, scenario=f"""
tdsfake: 1
server:
  {QUERY}
""", control="""
tdsfake: 1
server:
  faults: [{at: fedauth, do: {error: 18456}}]
""")
def fedauthinfo(t):
    five(t, encrypt="on", fetched_token=TOKEN)
    equal("the bytes of the token", t.first("FEDAUTH token").get("token-bytes"), 2 * len(TOKEN))


@case("login.new-password", "an expired password is changed by the login", scenario="""
tdsfake: 1
server:
  logins: [{user: sa, password: secret, must-change: yes}]
""", control="""
tdsfake: 1
server:
  logins: [{user: sa}]
""")
def new_password(t):
    with t.fails((18456, 18488)):
        t.open()
    t.open(new_password="fresh").close()
    t.open(password="fresh").close()


@case("login.partner", "the failover partner is asked when the principal refuses", scenario=f"""
tdsfake: 1
params: {{host: 127.0.0.1}}
servers:
  principal: {{listen: $host, gate: refuse}}
  partner:
    listen: $host
    identity: {{instance: PARTNER, failover-partner: principal.invalid}}
    {QUERY}
browser: {{listen: "$host:1434"}}
""", control="""
tdsfake: 1
params: {host: 127.0.0.1}
servers:
  principal: {listen: $host, gate: refuse}
  partner: {listen: $host, gate: refuse, identity: {instance: PARTNER}}
browser: {listen: "$host:1434"}
""")
def partner(t):
    at = t.server.ready["servers"]["partner"]
    five(t, partner={"host": at["host"], "port": at["port"], "instance": "PARTNER"}, timeout=5)


for size in (512, 32767):

    def packets(t, size=size):
        c = t.open(packet_size=size)
        equal("the number of rows", len(c.query("SELECT n FROM many").rows), 2000)
        equal("the packet size that the login asks for", t.first("LOGIN7").get("packet-size"), size)
        agreed = [e.get("packet-size") for e in t.events if e["event"] == "sent" and e.get("message") == "LOGINACK"]
        equal("the packet size that was agreed on", agreed[0], str(size))

    many = "queries: [{match: SELECT n FROM many, columns: {n: int, s: nvarchar(100)}, rows: {count: 2000}}]"
    case(f"login.packets-{size}", f"packets of {size} bytes", scenario=f"tdsfake: 1\nserver:\n  {many}\n", control=f"""
tdsfake: 1
server:
  {many}
  faults: [{{at: login, do: {{reply: {{packet-size: 4096}}}}}}]
""")(packets)


@case("session.recovered", "a connection that was reset while idle is recovered, unseen", scenario=f"""
tdsfake: 1
server:
  {QUERY}
  faults: [{{at: idle, after: 300ms, times: 1, unused: allowed, do: reset}}]
""", control=f"""
tdsfake: 1
server:
  identity: {{features: {{sessionrecovery: off}}}}
  {QUERY}
  faults: [{{at: idle, after: 300ms, times: 1, unused: allowed, do: reset}}]
""")
def recovered(t):
    c = t.open(reconnect=True)
    equal("the value", str(c.query("SELECT n FROM five").value), "5")
    t.sees("the reset", lambda events: any(e["event"] == "closed" and e.get("how") == "RST" for e in events), 5)
    equal("the value after the reset", str(c.query("SELECT n FROM five").value), "5")
    t.sees_message("LOGIN7", 2, 5)
    expect("sessionrecovery" in str(t.received("LOGIN7")[-1].get("features")), "the second login brings no session state")
