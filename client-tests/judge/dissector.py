"""tshark, asked twice: to take TLS off with the key log, and what it makes of TDS."""

import dataclasses
import struct
import subprocess
import xml.etree.ElementTree

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
SERVER = bytes([10, 255, 255, 254])
ETHERNET = bytes(12) + b"\x08\x00"
TDS_PORT, TLS_PORT = 1433, 4433
LARGEST = 65000  # bytes in one packet of IP
WARNING = 0x600000  # tshark's severities: chat, note, warning, error


class JudgeFailed(Exception):
    """The judge could not do its work: no verdict."""


class Packets:
    """A capture file made of what was said, a packet of TCP for each piece: nothing of the network is in it."""

    def __init__(self, path, port):
        self.path = path
        self.port = port
        self.out = open(path, "wb")
        self.out.write(PCAP_HEADER)
        self.number = 0
        self.streams = 0

    def stream(self):
        self.streams += 1
        return Stream(self, bytes([10]) + self.streams.to_bytes(3, "big"))

    def add(self, source, target, ports, seq, ack, data, flags=0x18):
        tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, source, target)
        frame = ETHERNET + ip + tcp + data
        self.number += 1
        self.out.write(struct.pack("<IIII", 1 + self.number // 1_000_000, self.number % 1_000_000, len(frame), len(frame)) + frame)
        return self.number

    def close(self):
        self.out.close()


class Stream:
    def __init__(self, packets, client):
        self.packets = packets
        self.client = client
        self.next = [1, 1]
        self.send(False, b"", 0x02, 0)
        self.send(True, b"", 0x12, 0)

    def add(self, by_server, data):
        """The numbers of the packets; what is larger than a packet of IP needs several."""
        numbers = []
        for at in range(0, len(data), LARGEST):
            part = data[at : at + LARGEST]
            numbers.append(self.send(by_server, part, 0x18, self.next[by_server]))
            self.next[by_server] += len(part)
        return numbers

    def send(self, by_server, data, flags, seq):
        source, target, ports = self.client, SERVER, (40000, self.packets.port)
        if by_server:
            source, target, ports = target, source, ports[::-1]
        ack = self.next[not by_server] if flags & 0x10 else 0
        return self.packets.add(source, target, ports, seq, ack, data, flags)


def tshark(path, fields, *options):
    """A list per packet that has any of the fields."""
    command = ["tshark", "-n", "-r", str(path), "-o", "tcp.analyze_sequence_numbers:FALSE", *options, "-T", "fields"]
    for name in fields:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise JudgeFailed(done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


@dataclasses.dataclass
class Opened:
    data: dict          # packet number -> what was encrypted in it
    complaints: dict    # packet number -> what tshark says


FIELDS = ["frame.number", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message"]


def complaints(rows):
    """Of rows that begin with FIELDS: packet number -> text."""
    found = {}
    for number, malformed, severities, messages, *_ in rows:
        if malformed or any(int(one, 0) >= WARNING for one in severities.split(",") if one):
            found[int(number)] = messages or malformed
    return found


def open_tls(path, keys):
    rows = tshark(
        path, [*FIELDS, "data.data"], "-d", f"tcp.port=={TLS_PORT},tls", "-o", f"tls.keylog_file:{keys}",
        "-Y", f"data || (tcp.srcport=={TLS_PORT} && (_ws.malformed || _ws.expert))",
    )
    data = {int(row[0]): bytes.fromhex(row[4].replace(",", "").replace(":", "")) for row in rows if row[4]}
    return Opened(data, complaints(rows))


# How an answer ends: one of these is in its last packet.
ENDS = ["tds.done", "tds.doneproc", "tds.doneinproc", "tds.prelogin", "tds.sspi"]
# tshark does not take the version from the LOGIN7 of 7.0 and of the first 7.1 (70 00 00 00, 71 00 00 00), and has to be told;
# its 7.0 knows no results at all.
OLD, OLD_PROTOCOL = (0x70000000, 0x71000000), "TDS 7.1"


def judge_tds(path, protocol=None):
    """What tshark complains of in the packets of the server: packet number -> text."""
    options = ["-d", f"tcp.port=={TDS_PORT},tds", *(["-o", f"tds.protocol_type:{protocol}"] if protocol else [])]
    fields = [*FIELDS, "frame.protocols", "tds.status", "tds.unknown_tds_packet", "tds.unknown_tds_token", *ENDS]
    rows = tshark(path, fields, *options, "-Y", f"tcp.srcport=={TDS_PORT} && tcp.len > 0")
    found = complaints(rows)
    stopped = False
    for row in rows:
        seen = dict(zip(fields, row))
        number = int(seen["frame.number"])
        if "tds" not in seen["frame.protocols"].split(":") or seen["tds.unknown_tds_packet"]:
            found.setdefault(number, "tshark sees no TDS in it")
        elif seen["tds.unknown_tds_token"]:
            stopped = True
        elif int(seen["tds.status"].split(",")[-1], 0) & 1 and not any(seen[name] for name in ENDS):
            found.setdefault(number, "tshark sees no end of the answer")
    return (stops(path, options) if stopped else {}) | found


def stops(path, options):
    """Where tshark finds nothing malformed, but knows a token not and reads no further."""
    command = ["tshark", "-n", "-r", str(path), *options, "-Y", f"tcp.srcport=={TDS_PORT} && tds.unknown_tds_token", "-T", "pdml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    found = {}
    for packet in xml.etree.ElementTree.fromstring(done.stdout).iter("packet"):
        number = int(packet.find(".//field[@name='frame.number']").get("show"))
        data = bytes.fromhex(packet.find(".//field[@name='tcp.payload']").get("value"))
        left = int(packet.find(".//field[@name='tds.unknown_tds_token']").get("size"))  # up to the end of the answer
        found[number] = f"tshark stops at token 0x{data[-left]:02x}" if left <= len(data) else "tshark stops at some token"
    return found


def protocol_of(said):
    """What tshark has to be told of the version of a conversation, or None."""
    login = next((piece.data for by_server, piece in said if not by_server and piece.data[0] == 0x10), b"")
    return OLD_PROTOCOL if int.from_bytes(login[12:16], "little") in OLD else None
