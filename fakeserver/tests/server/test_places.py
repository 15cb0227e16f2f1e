"""`$port`, `$address` and `$node.port` in texts: what the servers really listen on."""

import pytest

TWO = """
tdsfake: 1
servers:
  main:
    identity: {failover-partner: "$mirror.address,$mirror.port"}
    queries: [{match: where, columns: {at: nvarchar(60)}, rows: [["$address:$port of $user"]]}]
    faults:
      - {at: query, when: {sql: /elsewhere/}, do: {error: {number: 50001, message: "go to $mirror.port, not $port"}}}
      - {at: login, when: {user: routed}, do: {route: {host: $mirror.address, port: $mirror.port}}}
  mirror: {listen: 127.0.0.2}
"""


def test_texts_name_the_real_ports(start):
    fake = start(TWO)
    host, port = fake.address_of("main")
    mirror_host, mirror_port = fake.address_of("mirror")
    assert (host, mirror_host) == ("127.0.0.1", "127.0.0.2") and port != mirror_port
    with fake.logged_in() as client:
        assert client.batch("where").rows == [[f"{host}:{port} of sa"]]
        assert client.batch("elsewhere").one("error").message == f"go to {mirror_port}, not {port}"
    with fake.connect() as client:
        client.prelogin()
        answer = client.login()
        partner = [c for c in answer.all("envchange") if c.kind == "failover-partner"]
        assert partner and partner[0].new == f"{mirror_host},{mirror_port}", answer.all("envchange")
    with fake.connect() as client:
        client.prelogin()
        answer = client.login(user="routed")
        assert (mirror_port).to_bytes(2, "little") in answer.payload and mirror_host.encode("utf-16le") in answer.payload
    assert fake.stop() == 0


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.0.0.1:0", "127.0.0.5"])
def test_of_the_one_server_also_with_listen_on_the_command_line(start, listen):
    fake = start(
        "tdsfake: 1\nserver: {queries: [{match: where, columns: {p: int}, rows: [[$port]]}]}\n", "--listen", listen
    )
    with fake.logged_in() as client:
        assert client.batch("where").rows == [[fake.port]]
