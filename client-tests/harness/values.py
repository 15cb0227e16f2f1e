"""Whether a value that a driver gave is the value that the server sent, whatever form the driver gives it."""

import decimal
import re
import uuid

EPOCH = re.compile(r"^(\d{4}-\d{2}-\d{2})?[ T]?(\d{2}:\d{2}(?::\d{2})?)?(\.\d+)? ?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)?$")


def moment(text):
    """(date, time, fraction without trailing zeros, minutes of offset) of any usual spelling of a date or time."""
    found = EPOCH.match(str(text))
    if not found:
        return text
    date, time, fraction, zone = found.groups()
    minutes = None
    if zone:
        minutes = 0 if zone == "Z" else (-1 if zone[0] == "-" else 1) * (int(zone[1:3]) * 60 + int(zone[4:6]))
    time = time or "00:00:00"
    return date, time if len(time) == 8 else time + ":00", (fraction or "").rstrip("0").rstrip("."), minutes


def number(value):
    return decimal.Decimal(str(int(value) if isinstance(value, bool) else value))


def flag(value):
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower(), value)


def as_is(value):
    return str(value)


def bytes_of(value):
    return str(value).lower().removeprefix("0x")


KINDS = {
    "number": number, "bit": flag, "float": lambda value: float(value), "text": as_is, "bytes": bytes_of, "moment": moment,
    "guid": lambda value: uuid.UUID(str(value)),
}
KIND_OF = [
    (r"(tiny|small|big)?int|decimal|numeric|(small)?money", "number"), (r"bit", "bit"), (r"real|float", "float"),
    (r"n?(var)?char|n?text|xml|json|sysname", "text"), (r"(var)?binary|image|rowversion|timestamp", "bytes"),
    (r"date|time|datetime2?|smalldatetime|datetimeoffset", "moment"), (r"uniqueidentifier", "guid"),
]


def kind(sql_type):
    base = re.match(r"\w+", sql_type).group()
    return next(KINDS[name] for pattern, name in KIND_OF if re.fullmatch(pattern, base))


def same(sql_type, sent, seen):
    """`sent` is the text of the scenario, None for NULL."""
    if sent is None or seen is None:
        return sent is None and seen is None
    normal = kind(sql_type)
    if sql_type.startswith("time("):
        seen = str(seen).removeprefix("1970-01-01 ")  # JavaScript has no type for a time of day
    try:
        if normal is KINDS["float"] and sql_type == "real":
            return abs(float(seen) - float(sent)) <= abs(float(sent)) * 1e-6
        return normal(seen) == normal(sent)
    except (ValueError, decimal.InvalidOperation):
        return False
