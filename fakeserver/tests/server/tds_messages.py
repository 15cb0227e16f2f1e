"""What a TDS client writes: packets, PRELOGIN, LOGIN7, batches, transaction requests (MS-TDS 2.2.3 to 2.2.6).

Written from the protocol alone and sharing nothing with the server under test, so that a mistake there cannot hide
behind the same mistake here.
"""

import struct

SQL_BATCH, PRE_TDS7_LOGIN, RPC, TABULAR, ATTENTION, BULK = 0x01, 0x02, 0x03, 0x04, 0x06, 0x07
FEDAUTH, TRANSACTION, LOGIN7, SSPI, PRELOGIN = 0x08, 0x0E, 0x10, 0x11, 0x12

EOM, IGNORE, RESET_CONNECTION = 0x01, 0x02, 0x08

# What LOGIN7 says, as a number.
TDS_VERSIONS = {
    "7.0": 0x70000000,
    "7.1": 0x71000001,
    "7.2": 0x72090002,
    "7.3": 0x730B0003,
    "7.4": 0x74000004,
    "8.0": 0x08000000,
}

ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUP, ENCRYPT_REQ = 0, 1, 2, 3


def is_wide(tds):
    """TDS 7.2 and later: ALL_HEADERS, 4-byte line numbers, 8-byte row counts."""
    return tds not in ("7.0", "7.1")


def packet(kind, payload=b"", status=EOM, length=None, packet_id=1):
    """One packet; `length` may lie."""
    size = 8 + len(payload) if length is None else length
    return struct.pack(">BBHHBB", kind, status, size, 0, packet_id, 0) + payload


def packets(kind, payload, size=4096, status=0):
    """A message cut into packets of at most `size` bytes; `status` goes into the first."""
    room = size - 8
    parts = [payload[i : i + room] for i in range(0, len(payload), room)] or [b""]
    out = b""
    for number, part in enumerate(parts, 1):
        bits = (EOM if number == len(parts) else 0) | (status if number == 1 else 0)
        out += packet(kind, part, bits, packet_id=number % 256)
    return out


def prelogin_payload(
    encryption=ENCRYPT_NOT_SUP, version=(9, 0, 0, 0, 0, 0), instance="", mars=0, options=None
):
    """The options of a PRELOGIN; `options` replaces them: a list of (token, data)."""
    if options is None:
        options = [
            (0x00, bytes(version)),
            (0x01, bytes([encryption])),
            (0x02, instance.encode() + b"\0"),
            (0x03, struct.pack(">I", 0x0DB8)),
            (0x04, bytes([mars])),
        ]
    offset = 5 * len(options) + 1
    head = data = b""
    for token, value in options:
        head += struct.pack(">BHH", token, offset + len(data), len(value))
        data += value
    return head + b"\xff" + data


def obfuscate(password):
    """Nibbles swapped, then XOR A5, byte by byte over UTF-16 (2.2.6.4)."""
    return bytes(((b << 4 | b >> 4) & 0xFF) ^ 0xA5 for b in password.encode("utf-16-le"))


def login7_payload(
    user="sa",
    password="",
    database="",
    app="story",
    host="testhost",
    library="tds_client",
    server="",
    tds="7.4",
    packet_size=4096,
    language="",
    features=None,
    new_password="",
    sspi=b"",
    read_only=False,
):
    wide = is_wide(tds)
    fixed = 94 if wide else 86
    data = b""
    places = []

    def item(raw, units):
        nonlocal data
        places.append(struct.pack("<HH", fixed + len(data), units))
        data += raw

    def text(value):
        item(value.encode("utf-16-le"), len(value))

    text(host)
    text(user)
    item(obfuscate(password), len(password))
    text(app)
    text(server)
    if features is None:
        item(b"", 0)
    else:
        # The extension item holds the offset of the list, which comes last.
        places.append(struct.pack("<HH", fixed + len(data), 4))
        extension_at = len(data)
        data += b"\0\0\0\0"
    text(library)
    text(language)
    text(database)
    client_id_at = len(places)
    item(sspi, len(sspi))
    item(b"", 0)  # a file to attach
    if wide:
        item(obfuscate(new_password), len(new_password))
    places, tail = places[:client_id_at], places[client_id_at:]
    if features is not None:
        listed = b"".join(struct.pack("<BI", number, len(body)) + body for number, body in features) + b"\xff"
        data = data[:extension_at] + struct.pack("<I", fixed + len(data)) + data[extension_at + 4 :] + listed
    flags3 = (0x10 if features is not None else 0) | (1 if new_password else 0)
    head = struct.pack(
        "<IIIIIIBBBBiI",
        fixed + len(data),
        TDS_VERSIONS[tds],
        packet_size,
        7,
        4242,
        0,
        0xE0,
        0x83 if sspi else 0x03,
        0x20 if read_only else 0,
        flags3,
        0,
        0x409,
    )
    client_id = bytes.fromhex("020000000001")
    long_sspi = b"\0\0\0\0" if wide else b""
    out = head + b"".join(places) + client_id + b"".join(tail) + long_sspi
    assert len(out) == fixed, (len(out), fixed)
    return out + data


def all_headers(tds, descriptor=0):
    """ALL_HEADERS with the transaction descriptor (2.2.5.3); nothing before TDS 7.2."""
    return struct.pack("<IIHQI", 0x16, 0x12, 2, descriptor, 1) if is_wide(tds) else b""


def batch_payload(sql, tds="7.4", descriptor=0):
    return all_headers(tds, descriptor) + sql.encode("utf-16-le")


def executesql_payload(sql, tds="7.4"):
    """RPC sp_executesql (ProcID 10) with the statement as its only parameter, NVARCHAR(4000)."""
    text = sql.encode("utf-16-le")
    collation = bytes.fromhex("0904D00034")
    parameter = (
        b"\0" + b"\0" + b"\xe7" + struct.pack("<H", 8000) + collation + struct.pack("<H", len(text)) + text
    )
    return all_headers(tds) + struct.pack("<HHH", 0xFFFF, 10, 0) + parameter


def procedure_payload(name, tds="7.4"):
    """RPC of a procedure by name, without parameters."""
    return all_headers(tds) + struct.pack("<H", len(name)) + name.encode("utf-16-le") + struct.pack("<H", 0)


def begin_payload(tds="7.4"):
    return all_headers(tds) + struct.pack("<HBB", 5, 2, 0)


def commit_payload(tds="7.4", descriptor=0):
    return all_headers(tds, descriptor) + struct.pack("<HBB", 7, 0, 0)


def rollback_payload(tds="7.4", descriptor=0):
    return all_headers(tds, descriptor) + struct.pack("<HBB", 8, 0, 0)
