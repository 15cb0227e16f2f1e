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
    """The values of the parameters of the request about people: of the RPC, or what the driver wrote into the text."""
    for event in t.received():
        if "FROM people" in str(event.get("sql", "")):
            return event.get("parameters"), str(event["sql"])
    expect(False, "no request about people")


@case("parameters.typed", "parameters of several types reach the server", scenario=PEOPLE, needs=("parameters",))
def parameters(t):
    given = [("int", "7"), ("nvarchar", "O'Hara ☃"), ("decimal", "12.50"), ("varbinary", "0x00ff"), ("nvarchar", None)]
    sql = "SELECT name FROM people WHERE id = ? AND name = ? AND share = ? AND raw = ? AND note = ?"
    answer = t.open().query(sql, *given)
    equal("the rows", answer.rows, [["Ada"], [None]])
    parameters, text = sent_parameters(t)
    whole = f"{parameters} {text}"
    for fragment in ("7", "Hara ☃", "12.5", "00ff", "NULL"):
        expect(fragment.lower() in whole.lower(), f"the request lacks {fragment}: {whole}")


@case("parameters.null", "a NULL parameter", scenario=PEOPLE, needs=("parameters",))
def null_parameter(t):
    t.open().query("SELECT name FROM people WHERE name = ?", ("nvarchar", None))
    parameters, text = sent_parameters(t)
    expect("null" in f"{parameters} {text}".lower(), f"the request has no NULL: {parameters} {text}")


@case("prepared.twice", "a statement prepared once, executed twice", scenario=PEOPLE, needs=("prepared",))
def prepared(t):
    c = t.open()
    c.prepare(sql="SELECT name FROM people WHERE id = ?", types=["int"], **{"as": "s1"})
    for value in ("7", "8"):
        answer = c.do("execute", statement="s1", values=[value])
        equal("the rows", answer["results"][0]["rows"], [["Ada"], [None]])
    c.do("unprepare", statement="s1")
    texts = [f"{e.get('sql', '')} {e.get('procedure', '')}" for e in t.received()]
    expect(any("sp_prep" in text for text in texts), f"nothing was prepared: {texts}")
    expect(any("sp_execute" in text and "sp_executesql" not in text for text in texts), f"no sp_execute: {texts}")


PROCEDURE = """
tdsfake: 1
server:
  queries:
    - {procedure: next_order, outputs: {id: 4711, note: done}, return: 3}
"""


@case("procedure.outputs", "a procedure's output parameters and return status", scenario=PROCEDURE, needs=("procedures",),
      control="""
tdsfake: 1
server:
  queries:
    - {procedure: next_order, outputs: {id: 1, note: other}, return: 4}
""")
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


@case("bulk.insert", "a bulk insert of three rows", needs=("bulk",), scenario="""
tdsfake: 1
server:
  queries:
    - {match: "/^(SELECT|SET FMTONLY).* FROM .*stock/", columns: {id: int, note: nvarchar(30)}, rows: []}
    - {match: "/^INSERT BULK .*stock/", affected: 3}
""", control="""
tdsfake: 1
server:
  queries:
    - {match: "/^(SELECT|SET FMTONLY).* FROM .*stock/", columns: {id: int, note: nvarchar(30)}, rows: []}
    - {match: "/^INSERT BULK .*stock/", error: {number: 4888, class: 16, message: not today}}
""")
def bulk(t):
    t.open().bulk(
        table="stock", columns=[{"name": "id", "type": "int"}, {"name": "note", "type": "nvarchar"}],
        rows=[["1", "one"], ["2", "naïve ☃"], ["3", None]],
    )
    loads = [e for e in t.received() if e.get("message") == "bulk load"]
    equal("the bulk loads", len(loads), 1)
    expect(loads[0].get("rows") == 3, f"the journal says {loads[0]}")
