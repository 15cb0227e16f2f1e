"""A live capture of loopback: dumpcap writes, a thread reads, tests ask what was on the wire.

The packets come in pcap format through a pipe; this file knows Ethernet, IPv4, IPv6, TCP, UDP and ICMP as far as the
tests need.
"""

import os
import pathlib
import select
import socket
import struct
import subprocess
import threading
import time
from dataclasses import dataclass

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
PCAP_HEADER = struct.Struct("<IHHiIII")
RECORD_HEADER = struct.Struct("<IIII")
MARKER_PORT = 9  # discard
BLOCK = 256 * 1024  # bytes; at most what libpcap asks the kernel for


class CaptureFailed(Exception):
    """The capture itself does not work: not an assertion, so that no red control counts it."""


@dataclass
class Segment:
    """One TCP packet."""

    t: float
    source: int
    target: int
    seq: int
    ack: int
    flags: int
    payload: bytes
    window: int = 0  # as it stands there, not scaled

    def has(self, bits):
        return self.flags & bits == bits

    @property
    def names(self):
        return "|".join(
            n
            for n, bit in (("FIN", FIN), ("SYN", SYN), ("RST", RST), ("PSH", PSH), ("ACK", ACK))
            if self.flags & bit
        )

    def __str__(self):
        return f"{self.t:.4f} {self.source}>{self.target} {self.names} seq={self.seq} ack={self.ack} len={len(self.payload)}"


@dataclass
class Datagram:
    """One UDP packet."""

    t: float
    source: int
    target: int
    payload: bytes

    def __str__(self):
        return f"{self.t:.4f} {self.source}>{self.target} UDP len={len(self.payload)}"


@dataclass
class Icmp:
    """One ICMP message about a TCP or UDP packet: it goes to who sent that."""

    t: float
    type: int
    code: int
    source: int  # the port that the packet went to
    target: int
    seq: int  # of the packet, if TCP

    def __str__(self):
        return f"{self.t:.4f} {self.source}>{self.target} ICMP {self.type}/{self.code} about seq={self.seq}"


def parse_icmp(t, body):
    kind, code = body[:2]
    if kind not in (1, 3):
        return None
    quoted = body[8:]
    v6 = quoted[0] >> 4 == 6
    inner = quoted[40:] if v6 else quoted[(quoted[0] & 15) * 4 :]
    protocol = quoted[6 if v6 else 9]
    if protocol not in (6, 17):
        return None
    source, target, seq = struct.unpack_from(">HHI", inner)
    return Icmp(t, kind, code, target, source, seq if protocol == 6 else 0)


def parse(t, frame):
    """A Segment, a Datagram, an Icmp, the payload of a marker, or None."""
    kind = int.from_bytes(frame[12:14], "big")
    if kind == 0x0800:
        head = (frame[14] & 15) * 4
        protocol, body = frame[23], frame[14 + head : 14 + int.from_bytes(frame[16:18], "big")]
    elif kind == 0x86DD:
        protocol, body = frame[20], frame[54 : 54 + int.from_bytes(frame[18:20], "big")]
    else:
        return None
    if protocol == 17:
        source, target = struct.unpack_from(">HH", body)
        return body[8:] if target == MARKER_PORT else Datagram(t, source, target, body[8:])
    if protocol in (1, 58):
        return parse_icmp(t, body)
    if protocol != 6:
        return None
    source, target, seq, ack, offset, flags, window = struct.unpack_from(">HHIIBBH", body)
    return Segment(t, source, target, seq, ack, flags, body[(offset >> 4) * 4 :], window)


class Capture:
    """All TCP and UDP on `lo`, and ICMP about it, from now on. One per test process: cheap to keep, slow to start."""

    def __init__(self):
        self.records = []  # (record header, frame, Segment, Datagram or Icmp)
        self._markers = set()
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [
                "dumpcap",
                "-q",
                "-P",
                "-i",
                "lo",
                "-B",
                "64",
                "-f",
                "tcp or udp or icmp or icmp6",
                "-w",
                "-",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._number = 0
        self.settle()

    def _read(self):
        stream = self.process.stdout
        if len(stream.read(PCAP_HEADER.size)) < PCAP_HEADER.size:
            return
        while len(header := stream.read(RECORD_HEADER.size)) == RECORD_HEADER.size:
            seconds, micros, length, _ = RECORD_HEADER.unpack(header)
            frame = stream.read(length)
            parsed = parse(seconds + micros / 1e6, frame)
            with self._changed:
                if isinstance(parsed, (Segment, Datagram, Icmp)):
                    self.records.append((header, frame, parsed))
                elif parsed and parsed[0]:
                    self._markers.add(bytes(parsed))
                self._changed.notify_all()

    def settle(self, within=30.0):
        """Everything sent before this call is in `records`: a marker sent after it has come through.

        The kernel hands packets to dumpcap in blocks, a full one at once and any other after 250 ms. So the marker is
        followed by padding until the block with it is full.
        """
        deadline = time.monotonic() + within
        self._number += 1
        marker = f"{os.getpid()}-{id(self)}-{self._number}".encode()
        padding = bytes(60_000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while True:
                if self.process.poll() is not None:
                    raise CaptureFailed(self.process.stderr.read().decode())
                if time.monotonic() > deadline:
                    raise CaptureFailed(f"no marker came through in {within} s")
                sender.sendto(marker, ("127.0.0.1", MARKER_PORT))
                for _ in range(BLOCK // len(padding) + 2):
                    sender.sendto(padding, ("127.0.0.1", MARKER_PORT))
                with self._changed:
                    if self._changed.wait_for(lambda: marker in self._markers, 0.3):
                        return

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self._reader.join(10)

    def of(self, port):
        """The packets to and from a port so far."""
        self.settle()
        with self._changed:
            return [s for _, _, s in self.records if isinstance(s, Segment) and port in (s.source, s.target)]

    def datagrams(self, port):
        """The UDP packets to and from a port so far."""
        self.settle()
        with self._changed:
            return [d for _, _, d in self.records if isinstance(d, Datagram) and port in (d.source, d.target)]

    def icmp(self, port, client):
        """The ICMP messages about what a client's port sent to a port."""
        self.settle()
        with self._changed:
            return [
                m for _, _, m in self.records if isinstance(m, Icmp) and (m.source, m.target) == (port, client)
            ]

    def save(self, port, path):
        """The same packets as a file for tshark."""
        self.settle()
        with open(path, "wb") as out:
            out.write(PCAP_HEADER.pack(0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            with self._changed:
                for header, frame, segment in self.records:
                    if port in (segment.source, segment.target):
                        out.write(header + frame)
        return pathlib.Path(path)


class Conversation:
    """What one server port and its peers said, optionally of one client port."""

    def __init__(self, capture, port, client=None):
        self.port = port
        self.all = [s for s in capture.of(port) if client is None or client in (s.source, s.target)]

    @property
    def server(self):
        return [s for s in self.all if s.source == self.port]

    @property
    def client(self):
        return [s for s in self.all if s.target == self.port]

    def __str__(self):
        return "\n".join(map(str, self.all))

    def data(self):
        """The server's segments with data, each once: retransmits and tail-loss probes left out."""
        sent, highest = [], None
        for segment in self.server:
            if not segment.payload:
                continue
            end = segment.seq + len(segment.payload)
            if highest is None or ((end - highest) & 0xFFFFFFFF) < 0x80000000 and end != highest:
                sent.append(segment)
                highest = end
        return sent


def until(what, within, describe="not in time"):
    deadline = time.monotonic() + within
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(describe)
        select.select([], [], [], 0.01)
