"""Requests with more than a text: parameters, prepared statements, procedures, bulk load."""

from driver_cases.case import case, equal, expect
from harness.values import same

PEOPLE = """
tdsfake: 1
server:
  queries:
    - {match: "/SELECT name FROM people/", columns: {name: nvarchar(20)}, rows: [[Ada], [null]]}
"""


def sent_parameters(t):
    """What the requests about people said: the parameters of RPCs, and what the driver wrote into the text."""
    asked = [e for e in t.received() if "FROM people" in str(e.get("sql", "")) or e.get("procedure") == "sp_execute"]
    expect(bool(asked), "no request about people")
    return " ".join(f"{e.get('parameters')} {e.get('sql')}" for e in asked)


@case("parameters.typed", "parameters of several types reach the server", scenario=PEOPLE, needs=("parameters",))
def parameters(t):
    given = [("int", "7"), ("nvarchar", "O'Hara ☃"), ("decimal", "12.50"), ("varbinary", "0x00ff"), ("nvarchar", None)]
    sql = "SELECT name FROM people WHERE id = ? AND name = ? AND share = ? AND raw = ? AND note = ?"
    answer = t.open().query(sql, *given)
    equal("the rows", answer.rows, [["Ada"], [None]])
    whole = sent_parameters(t)
    for fragment in ("7", "Hara ☃", "12.5", "00ff", "NULL"):
        expect(fragment.lower() in whole.lower(), f"the request lacks {fragment}: {whole}")


@case("parameters.null", "a NULL parameter", scenario=PEOPLE, needs=("parameters",))
def null_parameter(t):
    t.open().query("SELECT name FROM people WHERE name = ?", ("nvarchar", None))
    whole = sent_parameters(t)
    expect("null" in whole.lower(), f"the request has no NULL: {whole}")


@case("prepared.again", "a statement prepared once, executed again and again", scenario=PEOPLE, needs=("prepared",))
def prepared(t):
    c = t.open()
    c.prepare(sql="SELECT name FROM people WHERE id = ?", types=["int"], **{"as": "s1"})
    for value in ("7", "8", "9", "10"):  # mssql-jdbc prepares at the second
        answer = c.do("execute", statement="s1", values=[value])
        equal("the rows", answer["results"][0]["rows"], [["Ada"], [None]])
    c.do("unprepare", statement="s1")
    texts = [f"{e.get('sql', '')} {e.get('procedure', '')}" for e in t.received()]
    expect(any("sp_prep" in text for text in texts), f"nothing was prepared: {texts}")
    expect(any("sp_execute" in text and "sp_executesql" not in text for text in texts), f"no sp_execute: {texts}")


# An RPC by the procedure's name; mssql-jdbc sends an EXEC through sp_executesql, where the return status is a parameter, too.
PROCEDURE = """
tdsfake: 1
server:
  queries:
    - {procedure: next_order, outputs: {2: %(id)s, 3: %(note)s}, return: %(status)s}
    - {match: "/^EXEC .*next_order/", outputs: {P0: %(status)s, P2: %(id)s, P3: %(note)s}}
"""


@case("procedure.outputs", "a procedure's output parameters and return status", needs=("procedures",),
      scenario=PROCEDURE % {"id": 4711, "note": "done", "status": 3},
      control=PROCEDURE % {"id": 1, "note": "other", "status": 4})
def outputs(t):
    answer = t.open().call("next_order", [
        {"name": "customer", "type": "int", "value": "12"},
        {"name": "id", "type": "int", "value": None, "out": True},
        {"name": "note", "type": "nvarchar", "value": None, "out": True},
    ])
    expect(same("int", "4711", answer.outputs.get("id")), f"the output id is {answer.outputs}")
    equal("the output note", answer.outputs.get("note"), "done")
    if answer.returned is not None:
        equal("the return status", answer.returned, 3)


# What the drivers ask about the table before they load: its columns by an empty result of it (a column of a table is one
# that can be updated, flags 0x09), its columns by name, its collations.
STOCK = """
tdsfake: 1
server:
  queries:
    - match: /sp_tablecollations_100/
      results:
        - {columns: {trancount: int not null}, rows: [[0]]}
        - {columns: {id: {type: int, flags: 0x09}, note: {type: nvarchar(30), flags: 0x09}}, rows: []}
        - columns: {colid: int, name: nvarchar(128), tds_collation_28: varbinary(5), tds_collation_90: varbinary(5),
                    collation_28: nvarchar(128), collation_90: nvarchar(128), collation_100: nvarchar(128)}
          rows:
            - [1, id, null, null, null, null, null]
            - [2, note, 0x0904d00034, 0x0904d00034, SQL_Latin1_General_CP1_CI_AS, SQL_Latin1_General_CP1_CI_AS,
               SQL_Latin1_General_CP1_CI_AS]
    - match: "/FROM sys.columns WHERE object_id = OBJECT_ID/"
      columns: {column_id: int, system_type_name: nvarchar(128), is_identity: bit}
      rows: [[1, int, 0], [2, nvarchar, 0]]
    - match: ["/^(SELECT|SET FMTONLY).* FROM .*stock/", "/^sp_executesql .*FROM stock/"]
      columns: {id: {type: int, flags: 0x09}, note: {type: nvarchar(30), flags: 0x09}}
      rows: []
    - %s
"""


@case("bulk.insert", "a bulk insert of three rows", needs=("bulk",),
      scenario=STOCK % '{match: "/^INSERT BULK .*stock/", affected: 3}',
      control=STOCK % '{match: "/^INSERT BULK .*stock/", error: {number: 4888, class: 16, message: not today}}')
def bulk(t):
    t.open().bulk(
        table="stock", columns=[{"name": "id", "type": "int"}, {"name": "note", "type": "nvarchar"}],
        rows=[["1", "one"], ["2", "naïve ☃"], ["3", None]],
    )
    loads = [e for e in t.received() if e.get("message") == "bulk load"]
    equal("the bulk loads", len(loads), 1)
    expect(loads[0].get("rows") == 3, f"the journal says {loads[0]}")
