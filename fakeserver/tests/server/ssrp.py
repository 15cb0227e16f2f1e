"""A client of the SQL Server Browser (MC-SQLR), written against the specification, not against the program."""

import socket
import struct

ALL = b"\x03"
BROADCAST = b"\x02"


def instance(name):
    return b"\x04" + name.encode() + b"\0"


def dac(name):
    return b"\x0f\x01" + name.encode() + b"\0"


class Lookups:
    """A UDP socket that talks to one Browser; answers from any other address are not seen."""

    def __init__(self, address, patience=5.0):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(patience)
        self.socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, request):
        self.socket.send(request)

    def receive(self):
        """One datagram; TimeoutError, or ConnectionRefusedError when an ICMP says that nobody is there."""
        return self.socket.recv(70000)


def ask(address, request, patience=5.0):
    with Lookups(address, patience) as client:
        client.send(request)
        return client.receive()


def meet(address, request=ALL, patience=0.4):
    """What a request meets: "answer", "refused", "silence"."""
    try:
        ask(address, request, patience)
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silence"
    return "answer"


def entries(reply):
    """The instances of a well-formed reply, each a dict."""
    kind, size = struct.unpack_from("<BH", reply)
    assert kind == 5, reply
    assert size == len(reply) - 3, f"size {size} of {len(reply) - 3} bytes"
    text = reply[3:].decode("cp1252")
    if not text:
        return []
    assert text.endswith(";;"), text
    found = []
    for one in text[:-2].split(";;"):
        words = one.split(";")
        assert len(words) % 2 == 0, one
        found.append(dict(zip(words[::2], words[1::2])))
    return found


def dac_port(reply):
    kind, size, version, port = struct.unpack("<BHBH", reply)
    assert (kind, size, version) == (5, 6, 1), reply
    return port
