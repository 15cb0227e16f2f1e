"""What a TDS client reads: the PRELOGIN answer and token streams (MS-TDS 2.2.6.5, 2.2.7)."""

import struct
from dataclasses import dataclass, field

from tds_messages import is_wide

DONE_MORE, DONE_ERROR, DONE_COUNT, DONE_ATTENTION = 0x01, 0x02, 0x10, 0x20

ENVCHANGES = {
    1: "database",
    2: "language",
    4: "packet-size",
    7: "collation",
    8: "begin",
    9: "commit",
    10: "rollback",
    13: "failover-partner",
    18: "reset-ack",
    20: "routing",
}


class Malformed(AssertionError):
    """The server's bytes are not what TDS allows."""


@dataclass
class Token:
    name: str
    offset: int  # in the payload
    end: int = 0
    fields: dict = field(default_factory=dict)

    def __getattr__(self, key):
        try:
            return self.__dict__["fields"][key]
        except KeyError:
            raise AttributeError(key) from None


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Malformed(
                f"{count} bytes wanted at {self.at} of {len(self.data)}: {self.data[-32:].hex(' ')}"
            )
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, count):
        return int.from_bytes(self.take(count), "little")

    def text(self, length_size):
        return self.take(2 * self.number(length_size)).decode("utf-16-le")


def parse_prelogin(payload):
    """token -> data; the terminator must be there and the options inside."""
    options, at = {}, 0
    while True:
        if at >= len(payload):
            raise Malformed("PRELOGIN answer without terminator")
        token = payload[at]
        if token == 0xFF:
            return options
        offset, length = struct.unpack_from(">HH", payload, at + 1)
        if offset + length > len(payload):
            raise Malformed(f"PRELOGIN option {token:#x} points outside")
        options[token] = payload[offset : offset + length]
        at += 5


def _envchange(body):
    kind = body[0]
    name = ENVCHANGES.get(kind, f"type-{kind}")
    reader = _Reader(body[1:])
    if kind in (1, 2, 4, 13):
        return {"kind": name, "new": reader.text(1), "old": reader.text(1)}
    if kind in (7, 8, 9, 10):
        return {"kind": name, "new": reader.take(reader.number(1)), "old": reader.take(reader.number(1))}
    return {"kind": name, "new": body[1:], "old": b""}


def _column(reader, tds):
    user_type = reader.number(4 if is_wide(tds) else 2)
    flags = reader.number(2)
    kind = reader.number(1)
    column = {"user_type": user_type, "flags": flags, "type": kind}
    fixed = {0x30: 1, 0x32: 1, 0x34: 2, 0x38: 4, 0x7F: 8}
    if kind in fixed:
        column["size"] = fixed[kind]
    elif kind == 0x26:
        column["size"] = reader.number(1)
    elif kind == 0xE7:
        column["size"] = reader.number(2)
        if tds != "7.0":
            column["collation"] = reader.take(5)
    else:
        raise Malformed(f"column type {kind:#x} at {reader.at}")
    column["name"] = reader.text(1)
    return column


def _cell(reader, column):
    if column["type"] == 0x26:
        size = reader.number(1)
        return int.from_bytes(reader.take(size), "little", signed=True) if size else None
    if column["type"] == 0xE7:
        size = reader.number(2)
        return None if size == 0xFFFF else reader.take(size).decode("utf-16-le")
    return int.from_bytes(reader.take(column["size"]), "little", signed=True)


def parse_tokens(payload, tds="7.4"):
    """The whole payload as a list of Token; anything else raises Malformed."""
    reader, tokens, columns = _Reader(payload), [], []
    wide = is_wide(tds)
    while reader.at < len(payload):
        token = Token("", reader.at)
        kind = reader.number(1)
        if kind in (0xAA, 0xAB):
            token.name = "error" if kind == 0xAA else "info"
            body = _Reader(reader.take(reader.number(2)))
            token.fields = {"number": body.number(4), "state": body.number(1), "severity": body.number(1)}
            token.fields.update(message=body.text(2), server=body.text(1), procedure=body.text(1))
            token.fields["line"] = body.number(4 if wide else 2)
            if body.at != len(body.data):
                raise Malformed(f"{token.name} token is {len(body.data) - body.at} bytes too long")
        elif kind == 0xE3:
            token.name, token.fields = "envchange", _envchange(reader.take(reader.number(2)))
        elif kind == 0xAD:
            token.name = "loginack"
            body = _Reader(reader.take(reader.number(2)))
            token.fields = {"interface": body.number(1), "tds": body.take(4).hex(), "program": body.text(1)}
            token.fields["version"] = tuple(body.take(4))
            if body.at != len(body.data):
                raise Malformed("LOGINACK length does not match its content")
        elif kind == 0xAE:
            token.name, acks = "featureextack", {}
            while (number := reader.number(1)) != 0xFF:
                acks[number] = reader.take(reader.number(4))
            token.fields = {"acks": acks}
        elif kind in (0xFD, 0xFE, 0xFF):
            token.name = {0xFD: "done", 0xFE: "doneproc", 0xFF: "doneinproc"}[kind]
            token.fields = {"status": reader.number(2), "command": reader.number(2)}
            token.fields["count"] = reader.number(8 if wide else 4)
        elif kind == 0x81:
            token.name = "colmetadata"
            count = reader.number(2)
            columns = [] if count == 0xFFFF else [_column(reader, tds) for _ in range(count)]
            token.fields = {"columns": columns}
        elif kind == 0xD1:
            token.name, token.fields = "row", {"values": [_cell(reader, column) for column in columns]}
        elif kind == 0xD2:
            bits = reader.take((len(columns) + 7) // 8)
            is_null = [bits[i // 8] >> i % 8 & 1 for i in range(len(columns))]
            values = [None if null else _cell(reader, column) for null, column in zip(is_null, columns)]
            token.name, token.fields = "row", {"values": values}
        elif kind == 0x79:
            token.name, token.fields = "returnstatus", {"value": reader.number(4)}
        else:
            raise Malformed(
                f"unknown token {kind:#x} at {token.offset}: {payload[token.offset :][:32].hex(' ')}"
            )
        token.end = reader.at
        tokens.append(token)
    return tokens


@dataclass
class Packet:
    type: int
    status: int
    length: int
    spid: int
    id: int


@dataclass
class Message:
    """One message of the server: its packets' headers and the joined payload."""

    packets: list
    payload: bytes
    tds: str = "7.4"

    @property
    def type(self):
        return self.packets[0].type

    @property
    def tokens(self):
        return parse_tokens(self.payload, self.tds)

    def all(self, name):
        return [token for token in self.tokens if token.name == name]

    def one(self, name):
        found = self.all(name)
        assert len(found) == 1, f"{len(found)} {name} tokens in {[t.name for t in self.tokens]}"
        return found[0]

    @property
    def names(self):
        return [token.name for token in self.tokens]

    @property
    def errors(self):
        return [token.number for token in self.all("error")]

    @property
    def rows(self):
        return [token.values for token in self.all("row")]

    @property
    def logged_in(self):
        return "loginack" in self.names
