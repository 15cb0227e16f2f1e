"""Without faults the double is a SQL Server that any client can log in to and query."""

import struct

import pytest
import tds_messages as m
import tds_tokens as t

LOGINACK_VERSIONS = {
    "7.0": "07000000",
    "7.1": "71000001",
    "7.2": "72090002",
    "7.3": "730b0003",
    "7.4": "74000004",
}


@pytest.fixture
def fake(start):
    running = start()
    yield running
    assert running.stop() == 0, running.stdout + running.stderr


def test_prelogin_answer_is_what_every_driver_accepts(fake):
    with fake.connect() as client:
        client.send_prelogin()
        answer = client.read_message()
        assert [(p.type, p.status) for p in answer.packets] == [(m.TABULAR, m.EOM)]
        options = t.parse_prelogin(answer.payload)
        assert answer.payload[0] == 0, "VERSION must come first"
        assert len(options[0]) == 6 and options[0][0] >= 9, "mssql-jdbc wants major version 9 or later"
        assert options[1] == b"\x02", "ENCRYPT_NOT_SUP"
        assert options[2] == b"\x00"
        assert options[4] == b"\x00", "MARS must be there: FreeTDS falls back to TDS 7.1 without it"


@pytest.mark.parametrize("tds", list(LOGINACK_VERSIONS))
def test_every_version_logs_in_and_queries(fake, tds):
    with fake.connect(tds) as client:
        client.prelogin()
        answer = client.login(user="ann", database="orders")
        assert answer.one("loginack").tds == LOGINACK_VERSIONS[tds]
        assert answer.one("loginack").program.startswith("Microsoft SQL Server")
        changes = {change.kind: change.new for change in answer.all("envchange")}
        assert changes["database"] == "orders"
        if tds != "7.0":
            assert len(changes["collation"]) == 5, "jTDS fails the login without it"
        assert changes["packet-size"] == "4096"
        assert answer.tokens[-1].name == "done" and answer.tokens[-1].status == 0
        assert client.batch("SELECT 1").rows == [[1]]
        version = client.batch("select @@version").rows
        assert len(version) == 1 and "Microsoft SQL Server" in version[0][0]


def test_login_without_prelogin(fake):
    with fake.connect("7.0") as client:
        assert client.login().logged_in


def test_login_record_in_two_packets(fake):
    with fake.connect() as client:
        client.prelogin()
        client.send(m.packets(m.LOGIN7, m.login7_payload(app="x" * 128, host="y" * 128), size=512))
        assert client.read_message().logged_in
        assert fake.wait_event("received", app="x" * 128)["packets"] > 1


def test_bytes_may_arrive_one_by_one(fake):
    """The slow loris that means no harm."""
    with fake.connect() as client:
        for byte in m.packet(m.PRELOGIN, m.prelogin_payload()) + m.packets(m.LOGIN7, m.login7_payload()):
            client.send(bytes([byte]))
        client.read_message()
        assert client.read_message().logged_in


def test_unknown_sql_is_an_error_that_names_it(fake):
    with fake.logged_in() as client:
        answer = client.batch("SELECT price FROM nowhere")
        assert "SELECT price FROM nowhere" in answer.one("error").message
        assert answer.tokens[-1].status & t.DONE_ERROR
        assert client.batch("SELECT 1").rows == [[1]], "the session goes on"
    assert fake.wait_event("received", sql="SELECT price FROM nowhere")


@pytest.mark.parametrize(
    "sql",
    [
        "SET TEXTSIZE 2147483647",
        "set ansi_nulls on\nset ansi_warnings on\nset transaction isolation level read committed",
        "SET ARITHABORT ON;SET CONCAT_NULL_YIELDS_NULL ON;SET TEXTSIZE 2147483647;",
        "BEGIN TRAN",
        "IF @@TRANCOUNT > 0 COMMIT TRAN",
        "use [orders]",
    ],
)
def test_driver_set_up_is_answered_without_error(fake, sql):
    with fake.logged_in() as client:
        answer = client.batch(sql)
        assert answer.errors == []
        assert answer.tokens[-1].status & (t.DONE_ERROR | t.DONE_MORE) == 0


def test_rpc_executesql(fake):
    with fake.logged_in() as client:
        client.send_rpc("SELECT 1")
        answer = client.read_message()
        assert answer.rows == [[1]]
        assert answer.tokens[-1].name == "doneproc"
        assert answer.one("returnstatus").value == 0


def test_unknown_procedure_is_an_error_that_names_it(fake):
    with fake.logged_in() as client:
        client.send(m.packets(m.RPC, m.procedure_payload("sp_nowhere")))
        answer = client.read_message()
        assert "sp_nowhere" in answer.one("error").message
        assert client.batch("SELECT 1").rows == [[1]]


def test_transactions(fake):
    with fake.logged_in() as client:
        begun = client.begin().one("envchange")
        assert begun.kind == "begin" and len(begun.new) == 8 and any(begun.new)
        assert client.batch("SELECT 1").rows == [[1]]
        committed = client.commit().one("envchange")
        assert (committed.kind, committed.old) == ("commit", begun.new)
        again = client.begin().one("envchange")
        rolled_back = client.rollback().one("envchange")
        assert (rolled_back.kind, rolled_back.old) == ("rollback", again.new)


def test_attention_with_nothing_running_is_acknowledged(fake):
    with fake.logged_in() as client:
        client.send_attention()
        answer = client.read_message()
        assert answer.names == ["done"] and answer.one("done").status == t.DONE_ATTENTION
        assert client.batch("SELECT 1").rows == [[1]]


def test_request_withdrawn_while_being_sent(fake):
    """IGNORE beside EOM: the request is dropped and answered by one DONE with DONE_ERROR."""
    with fake.logged_in() as client:
        client.send(m.packet(m.SQL_BATCH, m.batch_payload("SELECT 1"), m.EOM | m.IGNORE))
        answer = client.read_message()
        assert answer.names == ["done"] and answer.one("done").status & t.DONE_ERROR
        assert client.batch("SELECT 1").rows == [[1]]


def test_reset_connection_is_acknowledged_first(fake):
    with fake.logged_in() as client:
        answer = client.batch("SELECT 1", status=m.RESET_CONNECTION)
        assert answer.tokens[0].name == "envchange" and answer.tokens[0].kind == "reset-ack"
        assert answer.rows == [[1]]
        assert "envchange" not in client.batch("SELECT 1").names


@pytest.mark.parametrize("size", [512, 32767])
def test_packet_size_is_negotiated(start, size):
    text = (
        "tdsfake: 1\nserver: {identity: {packet-size: 32767}, queries: [{match: /long/, columns: {a: nvarchar(4000)}, "
        f"rows: [[{'x' * 4000}], [{'y' * 4000}], [{'z' * 4000}]]}}]}}\n"
    )
    fake = start(text)
    with fake.connect() as client:
        client.prelogin()
        change = [c for c in client.login(packet_size=size).all("envchange") if c.kind == "packet-size"][0]
        assert change.new == str(size)
        answer = client.batch("SELECT long", size=size)
        assert len(answer.rows) == 3 and [len(row[0]) for row in answer.rows] == [4000] * 3
        assert all(p.length <= size for p in answer.packets)
        assert all(p.length == size for p in answer.packets[:-1]), "only the last packet may be short"
        assert [p.id for p in answer.packets] == [(i + 1) % 256 for i in range(len(answer.packets))]


def test_pipelined_requests_are_answered_in_order(fake):
    with fake.logged_in() as client:
        batch = m.packets(m.SQL_BATCH, m.batch_payload("SELECT 1"))
        unknown = m.packets(m.SQL_BATCH, m.batch_payload("SELECT unknown"))
        client.send(batch + unknown + batch)
        assert client.read_message().rows == [[1]]
        assert client.read_message().errors
        assert client.read_message().rows == [[1]]


def test_client_fin_is_answered_by_fin_and_journalled(fake):
    with fake.logged_in() as client:
        client.half_close()
        client.expect_end("FIN")
    assert fake.wait_event("closed")["by"] == "client"
    assert fake.events("closed")[0]["how"] == "FIN"


def test_client_reset_is_journalled(fake):
    fake.logged_in().reset()
    closed = fake.wait_event("closed")
    assert (closed["by"], closed["how"]) == ("client", "RST")


def test_canned_queries(start):
    fake = start("""
tdsfake: 1
server:
  queries:
    - {match: "SELECT  name FROM people", columns: {id: int, name: nvarchar(20)}, rows: [[1, Ann], [2, null], [3, "null"]]}
    - {match: /^insert\\b/, affected: 4}
    - {match: /^drop/, error: {number: 3701, message: Cannot drop it}}
""")
    with fake.logged_in() as client:
        people = client.batch("select name from  PEOPLE")
        assert people.rows == [[1, "Ann"], [2, None], [3, "null"]]
        assert [c["name"] for c in people.one("colmetadata").columns] == ["id", "name"]
        assert people.tokens[-1].status & t.DONE_COUNT and people.tokens[-1].count == 3
        inserted = client.batch("INSERT INTO people VALUES (4)").one("done")
        assert inserted.status & t.DONE_COUNT and inserted.count == 4
        dropped = client.batch("DROP TABLE people")
        assert dropped.errors == [3701] and dropped.one("error").message == "Cannot drop it"


def test_logins_are_checked_when_given(start):
    fake = start("""
tdsfake: 1
server: {logins: [{user: ann, password: "s3cret", databases: [orders]}]}
""")
    fake.logged_in(user="ann", password="s3cret", database="orders").close()
    for fields in ({"user": "bob"}, {"user": "ann", "password": "wrong"}):
        with fake.connect() as client:
            client.prelogin()
            assert client.login(**fields).errors == [18456], fields
            client.expect_end("FIN")
    with fake.connect() as client:
        client.prelogin()
        refused = client.login(user="ann", password="s3cret", database="secrets")
        assert 4060 in refused.errors and not refused.logged_in
        client.expect_end("FIN")


def test_journal_tells_the_decoded_login(fake):
    with fake.logged_in(
        user="ann", database="orders", app="my app", host="pc7", library="lib9", server="srv"
    ) as client:
        client.batch("SELECT 1")
    login = fake.wait_event("received", user="ann")
    expected = {
        "database": "orders",
        "app": "my app",
        "host": "pc7",
        "library": "lib9",
        "server-name": "srv",
        "tds": "7.4",
    }
    assert {key: login[key] for key in expected} == expected
    assert login["connection"] == 1 and login["server"] == "server"
    prelogin = fake.events("received")[0]
    assert prelogin["message"] == "PRELOGIN" and prelogin["encryption"] == "not-supported"
    sequence = [e["seq"] for e in fake.events()]
    assert sequence == list(range(1, len(sequence) + 1))
    times = [e["t"] for e in fake.events()]
    assert times == sorted(times)


def test_pre_tds7_login_is_recognised_and_closed(fake):
    def item(text, room):
        return text.encode().ljust(room, b"\0") + bytes([len(text)])

    record = (
        item("pc7", 30)
        + item("ann", 30)
        + item("clear", 30)
        + item("4242", 30)
        + bytes(16)
        + item("old app", 30)
    )
    record += item("srv", 30) + bytes(256) + struct.pack("BBBB", 4, 2, 0, 0) + item("lib", 10)
    record = record.ljust(572, b"\0")
    with fake.connect() as client:
        client.send(m.packets(m.PRE_TDS7_LOGIN, record, size=512))
        client.read_to_end()
    fake.wait_event("closed")
    assert "ann" in fake.journal_text and "clear" not in fake.journal_text
    fake.healthy()
