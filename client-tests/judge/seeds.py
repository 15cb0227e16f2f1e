"""Messages of real drivers as inputs of the fuzz targets (fakeserver/tests/fuzz), one folder a target."""

import hashlib
import socket

from judge.recorded import sessions

TDS_HEADER = 8
BATCH, RPC, ANSWER, BULK, FEDAUTH, TRANSACTION, LOGIN7, SSPI, PRELOGIN = 1, 3, 4, 7, 8, 0x0E, 0x10, 0x11, 0x12
PLAIN = {PRELOGIN: "prelogin", LOGIN7: "login7", SSPI: "sspi", FEDAUTH: "fedauth"}
VERSIONED = {BATCH: "batch", RPC: "rpc", BULK: "bulk", TRANSACTION: "tm", ANSWER: "tokens"}
FEATURES = {1: "recovery", 2: "fedauth"}
# The TDS versions of LOGIN7, as the targets choose them: 7.0 is 0, 7.4 is 6 and 8.0 is 7.
VERSIONS = {0x70000000: 0, 0x07000000: 0, 0x71000000: 1, 0x07010000: 1, 0x71000001: 2, 0x72090002: 3, 0x730A0003: 4,
            0x730B0003: 5, 0x74000004: 6, 0x08000000: 7}
LARGEST = 1500


def write(folder, judgement):
    """Of every message at most LARGEST bytes long; what is the same stands once."""
    for one, said in zip(judgement.conversations, judgement.said):
        name = f"{one.run.driver}-{one.run.case}".replace(" ", "-").replace("/", "-")
        for target, data in {(target, nameless(data)) for target, data in inputs(said) if data and len(data) <= LARGEST}:
            place = folder / target
            place.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(data).hexdigest()[:8]
            if not any(place.glob(f"*.{digest}")):
                (place / f"{name}.{digest}").write_bytes(data)


def inputs(said):
    """(target, input) of what one connection said."""
    sent = [piece.data for by_server, piece in said if not by_server and piece.kind == "tds" and piece.session is None]
    yield "packet", b"".join(sent)
    yield "session", b"\0" + b"".join(len(data).to_bytes(2, "little") + data for data in sent)
    yield from (("smp", piece.data) for by_server, piece in said if not by_server and piece.kind == "smp")
    version = 6
    for session, first in sessions(said):
        for kind, payload in messages(session[first:] if first else session):
            if kind == LOGIN7:
                version = VERSIONS.get(int.from_bytes(payload[4:8], "little"), version)
                yield from features(payload)
            if kind in PLAIN:
                yield PLAIN[kind], payload
            elif kind in VERSIONED:
                yield VERSIONED[kind], bytes([version]) + payload


def nameless(data):
    """Without the name of this machine, as LOGIN7 has it."""
    name = socket.gethostname()
    return data.replace(name.encode("utf-16-le"), ("h" * len(name)).encode("utf-16-le"))


def messages(said):
    """(type, payload) of each that is whole; what the server says first answers PRELOGIN, and is laid out as that."""
    parts, answers = {True: b"", False: b""}, 0
    for by_server, piece in said:
        parts[by_server] += piece.data[TDS_HEADER:]
        if not piece.data[1] & 1:
            continue
        payload, parts[by_server] = parts[by_server], b""
        kind = piece.data[0]
        answers += by_server
        yield (PRELOGIN if by_server and answers == 1 and payload[:1] == b"\0" else kind), payload


def features(login):
    """The data of LOGIN7's features that have a target of their own."""
    if not login[27] & 0x10:  # OptionFlags3: fExtension
        return
    at = int.from_bytes(login[int.from_bytes(login[56:58], "little"):][:4], "little")
    while at + 5 <= len(login) and login[at] != 0xFF:
        size = int.from_bytes(login[at + 1 : at + 5], "little")
        if login[at] in FEATURES:
            yield FEATURES[login[at]], login[at + 5 : at + 5 + size]
        at += 5 + size
