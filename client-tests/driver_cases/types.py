"""Every type: what the server sends is what the driver hands on, NULL included. A case per type, NULLable and not."""

from driver_cases.case import Mismatch, case
from harness.values import same

# (type, values as a scenario writes them): the ends of the range, zero, and what is easily got wrong.
TYPES = [
    ("bit", ["0", "1"]),
    ("tinyint", ["0", "255"]),
    ("smallint", ["-32768", "32767"]),
    ("int", ["-2147483648", "2147483647"]),
    ("bigint", ["-9223372036854775808", "9007199254740991"]),
    ("real", ["0", "1.5", "-3.25"]),
    ("float", ["0", "1.5", "-123456.789", "1.7976931348623157e308"]),
    ("decimal(18,4)", ["0", "-123.45", "99999999999999.9999"]),
    ("decimal(38,0)", ["99999999999999999999999999999999999999"]),
    ("numeric(5,2)", ["-999.99"]),
    ("money", ["-922337203685477.5808", "1.0001"]),
    ("smallmoney", ["-214748.3648", "1.5"]),
    ("date", ["0001-01-01", "2024-02-29", "9999-12-31"]),
    ("time(7)", ["03:04:05.1234567"]),
    ("time(3)", ["23:59:59.999"]),
    ("smalldatetime", ["2024-01-02 03:04:00"]),
    ("datetime", ["2024-01-02 03:04:05", "1753-01-01 00:00:00", "9999-12-31 23:59:59.997"]),
    ("datetime2(7)", ["2024-01-02 03:04:05.1234567"]),
    ("datetime2(3)", ["2024-01-02 03:04:05.123"]),
    ("datetimeoffset(3)", ["2024-01-02 03:04:05.123 +01:00", "2024-01-02 03:04:05.123 -08:30"]),
    ("char(4)", ["ab  ", "abcd"]),
    ("varchar(20)", ["", "café €"]),
    ("varchar(max)", ["", "x" * 9000]),
    ("nchar(3)", ["ab ", "日本語"]),
    ("nvarchar(20)", ["", "naïve ☃ 🎈"]),
    ("nvarchar(max)", ["", "☃" * 5000]),
    ("binary(4)", ["0x00ff10ab"]),
    ("varbinary(20)", ["0x", "0x00ff"]),
    ("varbinary(max)", ["0x" + "ab" * 9000]),
    ("text", ["plain old text"]),
    ("ntext", ["naïve ☃"]),
    ("image", ["0x0102ff"]),
    ("xml", ["<a><b>1</b></a>"]),
    ("uniqueidentifier", ["6F9619FF-8B86-D011-B42D-00C04FC964FF"]),
]


def quoted(value):
    return "null" if value is None else '"' + value.replace('"', '\\"') + '"'


def scenario(sql_type, values, nullable):
    rows = "\n".join(f"        - [{number}, {quoted(value)}]" for number, value in enumerate(values))
    column = sql_type if nullable else f"{sql_type} not null"
    return f"""
tdsfake: 1
server:
  queries:
    - match: SELECT n, v FROM values_of_a_type
      columns: {{n: int, v: "{column}"}}
      rows:
{rows}
"""


def differences(sql_type, values, rows):
    if len(rows) != len(values):
        yield f"{len(rows)} rows, not {len(values)}"
    for (_, seen), sent in zip(rows, values):
        if not same(sql_type, sent, seen):
            shown = f"{seen!r}" if len(str(seen)) < 80 else f"{str(seen)[:80]!r}… ({len(str(seen))})"
            yield f"{sql_type}: sent {str(sent)[:80]!r}, the driver gives {shown}"


def add(sql_type, values, nullable):
    sent = [*values, None] if nullable else values

    def run(t):
        found = list(differences(sql_type, sent, t.open().query("SELECT n, v FROM values_of_a_type").rows))
        if found:
            raise Mismatch("; ".join(found))

    # The red control: other values in the same places.
    other = [None] * len(values) if nullable else values[1:] + values[:1] + values[:1]
    case(
        f"type.{sql_type}{'' if nullable else '-not-null'}", f"{sql_type}{'' if nullable else ' not null'}", needs=() if nullable and sql_type in ("int", "nvarchar(20)") else ("types",),
        scenario=scenario(sql_type, sent, nullable), control=scenario(sql_type, other, nullable),
    )(run)


FIXED = ("bit", "tinyint", "smallint", "int", "bigint", "real", "float", "money", "smallmoney", "smalldatetime", "datetime")
for name, samples in TYPES:
    add(name, samples, nullable=True)
    if name in FIXED:
        add(name, samples, nullable=False)
