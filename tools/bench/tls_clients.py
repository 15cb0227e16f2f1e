"""TLS connections inside TDS 7.x, held in a state of their handshake: what memory per TLS connection is measured with."""

import contextlib
import socket
import ssl

# PRELOGIN that asks for encryption (MS-TDS 2.2.6.5): VERSION, ENCRYPTION on, INSTOPT, THREADID, MARS.
_PRELOGIN = bytes.fromhex(
    "1201002f00000100" "00001a0006" "0100200001" "0200210001" "0300220004" "0400260001" "ff"
    "090000000000" "01" "00" "b80d0000" "00")
_HEADER = 8
_DEADLINE = 20  # seconds


def _receive_message(link):
    payload, last = b"", False
    while not last:
        header = _receive(link, _HEADER)
        last = bool(header[1] & 1)
        payload += _receive(link, int.from_bytes(header[2:4], "big") - _HEADER)
    return payload


def _receive(link, size):
    data = b""
    while len(data) < size:
        part = link.recv(size - len(data))
        if not part:
            raise ConnectionError("the server ended a connection in its handshake")
        data += part
    return data


def _send_wrapped(link, data):
    link.sendall(b"\x12\x01" + (len(data) + _HEADER).to_bytes(2, "big") + b"\0\0\1\0" + data)


def _open(port, state, context):
    """The socket, its handshake begun (the server's flight was read) or complete."""
    link = socket.create_connection(("127.0.0.1", port), timeout=_DEADLINE)
    link.sendall(_PRELOGIN)
    _receive_message(link)
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(inside, outside)
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
            return link, tls
        _send_wrapped(link, outside.read())
        inside.write(_receive_message(link))
        if state == "handshake":
            return link, tls


@contextlib.contextmanager
def held(port, count, state):
    """`count` connections, state "handshake" or "established"; closed at the end of the `with`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    links = []
    try:
        for _ in range(count):
            links.append(_open(port, state, context))
        yield
    finally:
        for link, _ in links:
            link.close()
