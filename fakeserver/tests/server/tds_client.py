"""A small raw TDS client: it says exactly what it is told to, and reports exactly what came back.

Every wait has a deadline. What a test expects and does not get raises Deviation, an AssertionError.
"""

import fcntl
import select
import socket
import ssl
import struct
import termios
import time

import tds_messages as m
import tds_tls
from tds_tokens import Malformed, Message, Packet, parse_prelogin

# How long to wait for what must come, in seconds. Red controls shorten it: there it must not come.
patience = 15.0


_UNFINISHED = m.packet(m.PRELOGIN, bytes(3000), status=0)


class Deviation(AssertionError):
    """The server did not do what the test expects."""


def hard_reset(sock):
    """Closes a socket with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Client:
    """One connection. Use as a context manager, or close it."""

    def __init__(self, address, tds="7.4", receive_buffer=None, timeout=None):
        host, port = address[:2]
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.tds = tds
        self.descriptor = 0
        self._buffer = b""
        self.bytes_read = 0
        self.tls = None  # tds_tls.Tls while it is in force
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout or patience)
        self.began = time.monotonic()
        self._reset_early = False
        self._probes = 0
        try:
            self.sock.connect((host, port))
        except ConnectionResetError:
            self._reset_early = True  # accepted and reset before connect() returned: the next read says so
        except OSError:
            self.sock.close()
            raise
        self.port = self.sock.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    close = __exit__

    def reset(self):
        hard_reset(self.sock)

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    # ------------------------------------------------------------------------------------------- writing

    def send(self, data):
        self.send_beneath(self.tls.encrypt(data) if self.tls else data)

    def send_beneath(self, data):
        """As it is, also where TLS is in force."""
        self.sock.settimeout(patience)
        self.sock.sendall(data)

    def send_prelogin(self, **fields):
        self.send(m.packet(m.PRELOGIN, m.prelogin_payload(**fields)))

    def send_login(self, **fields):
        self.send(m.packets(m.LOGIN7, m.login7_payload(tds=self.tds, **fields)))

    def send_batch(self, sql, status=0, size=4096):
        self.send(m.packets(m.SQL_BATCH, m.batch_payload(sql, self.tds, self.descriptor), size, status))

    def send_rpc(self, sql):
        self.send(m.packets(m.RPC, m.executesql_payload(sql, self.tds)))

    def send_attention(self):
        self.send(m.packet(m.ATTENTION))

    # ------------------------------------------------------------------------------------------- reading

    def readable(self, seconds):
        """Whether bytes or an end come within that time. poll(), as select() knows no descriptor above 1023."""
        ready = select.poll()
        ready.register(self.sock, select.POLLIN)
        return bool(ready.poll(max(0, seconds) * 1000))

    def _receive(self, deadline):
        """More bytes, b"" on FIN; a reset and silence raise."""
        if self._reset_early:
            raise ConnectionResetError
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not self.readable(left):
                raise Deviation(f"silence for {patience} s, {len(self._buffer)} bytes of a message read")
            data = self.sock.recv(1 << 20)
            self.bytes_read += len(data)
            if not data or not self.tls:
                return data
            if data := self.tls.decrypt(data):
                return data

    def _need(self, count, deadline):
        while len(self._buffer) < count:
            try:
                data = self._receive(deadline)
            except ConnectionResetError:
                raise Deviation(
                    f"RST in the middle of a message, after {self._buffer[:64].hex(' ')}"
                ) from None
            if not data:
                raise Deviation(f"FIN in the middle of a message, after {self._buffer[:64].hex(' ')}")
            self._buffer += data

    def read_message(self, within=None):
        deadline = time.monotonic() + (within or patience)
        headers, payload = [], b""
        while True:
            self._need(8, deadline)
            kind, status, length, spid, number, _ = struct.unpack(">BBHHBB", self._buffer[:8])
            if length < 8:
                raise Malformed(f"packet length {length}")
            self._need(length, deadline)
            headers.append(Packet(kind, status, length, spid, number))
            payload += self._buffer[8:length]
            self._buffer = self._buffer[length:]
            if status & m.EOM:
                return Message(headers, payload, self.tds)

    def read_exactly(self, count, within=None):
        self._need(count, time.monotonic() + (within or patience))
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def read_to_end(self, within=None):
        """All bytes until the server ends the connection: (bytes, "FIN" or "RST"). Silence raises."""
        deadline = time.monotonic() + (within or patience)
        parts, self._buffer = [self._buffer], b""
        while True:
            try:
                data = self._receive(deadline)
            except ConnectionResetError:
                return b"".join(parts), "RST"
            if not data:
                return b"".join(parts), "FIN"
            parts.append(data)

    def expect_end(self, how, within=None):
        """The connection ends now, that way, without a further byte."""
        data, seen = self.read_to_end(within)
        if data:
            raise Deviation(f"{len(data)} bytes before the {seen}: {data[:64].hex(' ')}")
        if seen != how:
            raise Deviation(f"ended by {seen}, not by {how}")

    def expect_silence(self, seconds):
        """Nothing comes, not even an end."""
        if self._buffer:
            raise Deviation(f"not silent: {self._buffer[:64].hex(' ')}")
        if not self.readable(seconds):
            return
        try:
            data = self.sock.recv(4096)
        except ConnectionResetError:
            raise Deviation("not silent: RST") from None
        raise Deviation(f"not silent: {data[:64].hex(' ') or 'FIN'}")

    # ----------------------------------------------------------------------------------------------- TLS

    def start_tls(self, piece=None, **options):
        """The handshake of TDS 7.x, in PRELOGIN packets; everything is encrypted from here on. `piece`: so many bytes
        of a flight in a packet. What the ssl module raises, when it does not like the server, passes through."""
        tls = tds_tls.Tls(**options)
        flight = b""
        try:
            while not tls.handshake(flight):
                self._send_flight(tls.take(), piece)
                answer = self.read_message()
                if answer.type != m.PRELOGIN:
                    raise Deviation(f"a flight in a packet of type {answer.type:#x}")
                flight = answer.payload
        except ssl.SSLError:
            self._send_flight(tls.take(), piece)  # the alert
            raise
        self._send_flight(tls.take(), piece)
        self.tls = tls
        return tls

    def _send_flight(self, flight, piece):
        if flight:
            self.send_beneath(m.packets(m.PRELOGIN, flight, 8 + (piece or len(flight))))

    def start_strict(self, alpn=(tds_tls.ALPN,), piece=None, **options):
        """The handshake of TDS 8.0, before anything else. `piece`: so many bytes at a time."""
        tls = tds_tls.Tls(alpn=alpn, **options)
        data = b""
        try:
            while not tls.handshake(data):
                self._send_pieces(tls.take(), piece)
                data = self._receive(time.monotonic() + patience)
                if not data:
                    raise Deviation("FIN during the handshake")
        except ssl.SSLError:
            self._send_pieces(tls.take(), None)
            raise
        self._send_pieces(tls.take(), piece)
        self.tls = tls
        return tls

    def _send_pieces(self, data, piece):
        for at in range(0, len(data), piece or len(data) or 1):
            self.send_beneath(data[at : at + (piece or len(data))])

    def send_login_only(self, encrypted="packet", size=4096, **fields):
        """LOGIN7, of which only the first packet is inside TLS, or the whole message; then everything is in clear."""
        wire = m.packets(m.LOGIN7, m.login7_payload(tds=self.tds, **fields), size)
        first = min(size, len(wire)) if encrypted == "packet" else len(wire)
        tls, self.tls = self.tls, None
        self.send(tls.encrypt(wire[:first]))
        if wire[first:]:
            self.send(wire[first:])

    # ------------------------------------------------------------------------- what TCP has acknowledged

    def harmless(self):
        """The next byte of a packet that never gets complete: nothing that a server could object to."""
        self._probes += 1
        return _UNFINISHED[self._probes - 1 :][:1]

    def unacknowledged(self):
        """Bytes sent and not acknowledged by the peer's kernel (SIOCOUTQ)."""
        return struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, b"\0" * 4))[0]

    def expect_acknowledged(self, within=None):
        deadline = time.monotonic() + (within or patience)
        while self.unacknowledged():
            if time.monotonic() > deadline:
                raise Deviation(f"{self.unacknowledged()} bytes not acknowledged")
            time.sleep(0.01)

    def expect_unacknowledged(self, seconds):
        """What was sent last stays unacknowledged that long; an ACK may be delayed by 200 ms, so take more."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.unacknowledged():
                raise Deviation("the peer acknowledged")
            time.sleep(0.01)

    def expect_vanished(self):
        """The peer reads nothing any more: a byte sent now is not acknowledged, and nothing came back."""
        deadline = time.monotonic() + patience
        while True:
            self.send(self.harmless())
            time.sleep(0.35)  # longer than any delayed ACK
            if self.unacknowledged():
                return self.expect_silence(0)
            if time.monotonic() > deadline:
                raise Deviation("the peer still acknowledges")

    def expect_send_fails(self, within=None):
        """The peer is gone: bytes sent now are answered by RST."""
        deadline = time.monotonic() + (within or patience)
        while time.monotonic() < deadline:
            try:
                self.sock.send(self.harmless())
            except (BrokenPipeError, ConnectionResetError):
                return
            time.sleep(0.02)
        raise Deviation("bytes are still accepted")

    def expect_send_works(self, seconds=0.4):
        """The peer still reads: bytes are acknowledged and no RST answers them."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.sock.send(self.harmless())
            except (BrokenPipeError, ConnectionResetError) as error:
                raise Deviation(f"the peer does not read any more: {error}") from None
            time.sleep(0.1)
        self.expect_acknowledged()

    # ------------------------------------------------------------------------------------- conversations

    def prelogin(self, **fields):
        self.send_prelogin(**fields)
        answer = self.read_message()
        assert answer.type == m.TABULAR, f"PRELOGIN answered with packet type {answer.type:#x}"
        return parse_prelogin(answer.payload)

    def login(self, **fields):
        """LOGIN7 and its answer, whatever that is."""
        self.send_login(**fields)
        return self.read_message()

    def enter(self, **fields):
        """PRELOGIN and a login that must succeed."""
        self.prelogin()
        answer = self.login(**fields)
        if not answer.logged_in:
            raise Deviation(f"login refused: {answer.errors}")
        return self

    def batch(self, sql, **options):
        self.send_batch(sql, **options)
        return self.read_message()

    def transaction(self, payload):
        self.send(m.packets(m.TRANSACTION, payload))
        answer = self.read_message()
        for change in answer.all("envchange"):
            if change.kind == "begin":
                self.descriptor = int.from_bytes(change.new, "little")
            elif change.kind in ("commit", "rollback"):
                self.descriptor = 0
        return answer

    def begin(self):
        return self.transaction(m.begin_payload(self.tds))

    def commit(self):
        return self.transaction(m.commit_payload(self.tds, self.descriptor))

    def rollback(self):
        return self.transaction(m.rollback_payload(self.tds, self.descriptor))


def connect(address, **options):
    return Client(address, **options)


def logged_in(address, tds="7.4", **fields):
    """A connection that is logged in."""
    client = Client(address, tds)
    try:
        return client.enter(**fields)
    except BaseException:
        client.close()
        raise
