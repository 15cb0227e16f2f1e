"""Takes a connection's bytes apart: TDS packets, TLS inside PRELOGIN packets or bare, sessions of SMP.

What a splitter cannot take apart stands in `broken`: the judge's first finding, before tshark is asked.
"""

import dataclasses

TLS_RECORDS = range(0x14, 0x18)
PRELOGIN, SMP = 0x12, 0x53
TDS_HEADER, TLS_HEADER, SMP_HEADER = 8, 5, 16
TDS_TYPES = {0x01, 0x02, 0x03, 0x04, 0x06, 0x07, 0x08, 0x0E, 0x10, 0x11, 0x12}
SMP_DATA = 8


@dataclasses.dataclass(frozen=True)
class Piece:
    kind: str      # tds: a packet; tls: bytes of a TLS stream; smp: the header of a packet, before what it carries
    data: bytes
    session: int = None


class Splitter:
    """One direction of a connection. `feed` gives the pieces that have become whole."""

    def __init__(self):
        self.buffer = bytearray()
        self.inside = bytearray()  # of a TLS record inside PRELOGIN packets that has begun
        self.sessions = {}
        self.broken = None

    def feed(self, data):
        self.buffer += data
        while self.broken is None and (size := self.size()) and len(self.buffer) >= size:
            piece = bytes(self.buffer[:size])
            del self.buffer[:size]
            yield from self.take(piece)

    def size(self):
        """Of what stands first in the buffer; None when that is not known yet."""
        if not self.buffer:
            return None
        first, have = self.buffer[0], len(self.buffer)
        if first in TLS_RECORDS:
            return TLS_HEADER + int.from_bytes(self.buffer[3:5], "big") if have >= TLS_HEADER else None
        if first == SMP:
            return int.from_bytes(self.buffer[4:8], "little") if have >= SMP_HEADER else None
        if first in TDS_TYPES:
            size = int.from_bytes(self.buffer[2:4], "big") if have >= TDS_HEADER else None
            if size is not None and size < TDS_HEADER:
                self.broken = f"a TDS packet of {size} bytes"
            return size
        self.broken = f"no TDS, TLS or SMP: {bytes(self.buffer[:16]).hex()}"
        return None

    def take(self, piece):
        if piece[0] in TLS_RECORDS:
            yield Piece("tls", piece)
        elif piece[0] == SMP:
            yield from self.take_smp(piece)
        elif piece[0] == PRELOGIN and self.is_tls(piece[TDS_HEADER:]):
            yield Piece("tls", piece[TDS_HEADER:])
        else:
            yield Piece("tds", piece)

    def is_tls(self, payload):
        """Whether a PRELOGIN packet carries TLS: a record, or more of one that began in an earlier packet."""
        if not self.inside and not (len(payload) > 1 and payload[0] in TLS_RECORDS and payload[1] == 3):
            return False
        self.inside += payload
        while len(self.inside) >= TLS_HEADER:
            size = TLS_HEADER + int.from_bytes(self.inside[3:5], "big")
            if len(self.inside) < size:
                break
            del self.inside[:size]
        return True

    def take_smp(self, packet):
        session = int.from_bytes(packet[2:4], "little")
        yield Piece("smp", packet[:SMP_HEADER], session)
        if packet[1] == SMP_DATA and len(packet) > SMP_HEADER:
            inner = self.sessions.setdefault(session, Splitter())
            for piece in inner.feed(packet[SMP_HEADER:]):
                yield dataclasses.replace(piece, session=session)
            self.broken = inner.broken

    def rest(self):
        """What is left at the end of the connection: a piece that never became whole."""
        left = len(self.buffer) + sum(len(inner.buffer) for inner in self.sessions.values())
        return self.broken or (f"{left} bytes at the end that are no whole packet" if left else None)


class Reassembly:
    """The bytes of one direction of a TCP connection, in order and once."""

    def __init__(self, first):
        self.next = first
        self.early = {}

    def take(self, seq, data):
        self.early[seq] = max(data, self.early.get(seq, b""), key=len)
        out = bytearray()
        for at in sorted(self.early, key=lambda one: (one - self.next + 0x80000000) & 0xFFFFFFFF):
            behind = (self.next - at) & 0xFFFFFFFF
            if behind >= 0x80000000:
                break  # a gap
            data = self.early.pop(at)[behind:]
            self.next = (self.next + len(data)) & 0xFFFFFFFF
            out += data
        return bytes(out)
