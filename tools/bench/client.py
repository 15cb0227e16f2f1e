"""One healthy connection as a small client has it, always byte for byte the same: for counting instructions."""

import socket
import struct

from servers import DEADLINE, BenchError


def _packet(kind, payload):
    return struct.pack(">BBHHBB", kind, 1, 8 + len(payload), 0, 1, 0) + payload


def _prelogin():
    """MS-TDS 2.2.6.5: VERSION 9.0, ENCRYPTION not supported, INSTOPT, THREADID, MARS off."""
    data = [(0, bytes([9, 0, 0, 0, 0, 0])), (1, b"\x02"), (2, b"\0"), (3, b"\0\0\x0d\xb8"), (4, b"\0")]
    head, body = b"", b""
    for token, value in data:
        head += struct.pack(">BHH", token, 5 * len(data) + 1 + len(body), len(value))
        body += value
    return _packet(0x12, head + b"\xff" + body)


def _login7(user="bench", password="bench", app="tdsfake bench", database="master"):
    """MS-TDS 2.2.6.4, TDS 7.4, no extensions: 94 bytes of fields, then the texts."""
    scrambled = bytes(((b & 0x0F) << 4 | b >> 4) ^ 0xA5 for b in password.encode("utf-16-le"))
    texts = [  # in the order of their offset/length pairs; None: the unused extension
        "localhost".encode("utf-16-le"), user.encode("utf-16-le"), scrambled, app.encode("utf-16-le"),
        "tdsfake".encode("utf-16-le"), b"", "bench".encode("utf-16-le"), b"", database.encode("utf-16-le")]
    offset, pairs = 94, b""
    for text in texts:
        pairs += struct.pack("<HH", offset, len(text) // 2)
        offset += len(text)
    client_id = bytes(6)
    tail = struct.pack("<HHHHHHI", offset, 0, offset, 0, offset, 0, 0)  # SSPI, AtchDBFile, ChangePassword, SSPILong
    fixed = struct.pack("<IIIIII", offset, 0x74000004, 4096, 0x06000000, 1, 0)
    fixed += bytes([0xE0, 0x03, 0x00, 0x00]) + struct.pack("<iI", 0, 0x0409)
    return _packet(0x10, fixed + pairs + client_id + tail + b"".join(texts))


def _batch(sql):
    """MS-TDS 2.2.6.7, with the transaction descriptor header (2.2.5.3.2)."""
    headers = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
    return _packet(0x01, headers + sql.encode("utf-16-le"))


MESSAGES = (("PRELOGIN", _prelogin()), ("LOGIN7", _login7()), ("SELECT 1", _batch("SELECT 1")))


def _receive_exactly(connection, size, what):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise BenchError(f"the server closed the connection instead of answering {what}")
        data += more
    return data


def _receive_message(connection, what):
    """The payload of one whole message of type 04."""
    payload = b""
    while True:
        kind, status, length = struct.unpack(">BBH", _receive_exactly(connection, 8, what)[:4])
        if kind != 0x04 or length < 8:
            raise BenchError(f"not an answer to {what}: type {kind:#04x}, length {length}")
        payload += _receive_exactly(connection, length - 8, what)
        if status & 1:
            return payload


def healthy_connection(port):
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE) as connection:
        for what, request in MESSAGES:
            connection.sendall(request)
            payload = _receive_message(connection, what)
            if what == "LOGIN7" and b"\xad" not in payload:  # LOGINACK
                raise BenchError("the login was refused")
            if what == "SELECT 1" and payload[:1] != b"\x81":  # COLMETADATA
                raise BenchError(f"SELECT 1 was not answered by a result: {payload[:64].hex(' ')}")
        # The server's FIN says that it is done with this connection: the next one finds it idle.
        connection.shutdown(socket.SHUT_WR)
        if connection.recv(1):
            raise BenchError("bytes after the answer to SELECT 1")
