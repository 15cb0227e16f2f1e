"""From captured packets to conversations: which driver in which case, and what both sides said, in order."""

import dataclasses
import json
import pathlib

from judge.streams import Piece, Reassembly, Splitter

SYN, ACK = 0x02, 0x10


@dataclasses.dataclass(frozen=True)
class Run:
    """One server that a driver met: as the test that ran it told."""

    driver: str
    case: str
    ports: tuple
    since: float
    until: float
    connections: int   # that were accepted, as the journal has it
    tls: int           # those of them whose TLS was finished
    unanswered: tuple = ()  # what the server had no answer for
    malformed: str = None   # of a red control: what of the server's answer is wrong on purpose

    def tell(self, folder, number):
        (pathlib.Path(folder) / f"{number}.json").write_text(json.dumps(dataclasses.asdict(self)))

    @staticmethod
    def told(folder):
        runs = [Run(**json.loads(path.read_text())) for path in sorted(pathlib.Path(folder).glob("*.json"))]
        return [dataclasses.replace(run, ports=tuple(run.ports), unanswered=tuple(run.unanswered)) for run in runs]


@dataclasses.dataclass
class Conversation:
    run: Run
    said: list = dataclasses.field(default_factory=list)  # (by the server, Piece)
    problems: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return f"{self.run.driver}, {self.run.case}"


class Halves:
    """Both directions of one connection while the capture is read."""

    def __init__(self, run, first):
        self.conversation = Conversation(run)
        self.streams = {False: Reassembly(first), True: None}
        self.splitters = {False: Splitter(), True: Splitter()}

    def take(self, by_server, segment):
        if segment.flags & SYN:
            self.streams[by_server] = Reassembly((segment.seq + 1) & 0xFFFFFFFF)
        elif segment.payload and self.streams[by_server]:
            data = self.streams[by_server].take(segment.seq, segment.payload)
            self.conversation.said += [(by_server, piece) for piece in self.splitters[by_server].feed(data)]

    def end(self):
        stream, splitter = self.streams[True], self.splitters[True]
        if stream and stream.early:
            raise RuntimeError(f"{self.conversation.name}: the capture lacks bytes of the server")
        if rest := splitter.rest():
            self.conversation.problems.append(rest)
        return self.conversation


def conversations(segments, runs):
    by_port = {}
    for run in runs:
        for port in run.ports:
            by_port.setdefault(port, []).append(run)
    open_ones, everyone = {}, []
    for segment in segments:
        by_server = segment.source in by_port and (segment.target, segment.source) in open_ones
        place = (segment.target, segment.source) if by_server else (segment.source, segment.target)
        if not by_server and segment.flags & (SYN | ACK) == SYN:
            # A port that is free again may be the next server's before the run of the last one is told.
            there = [one for one in by_port.get(segment.target, ()) if one.since <= segment.t <= one.until]
            run = max(there, key=lambda one: one.since, default=None)
            if run is None:
                open_ones.pop(place, None)
                continue
            if place not in open_ones or open_ones[place].streams[True]:
                open_ones[place] = Halves(run, (segment.seq + 1) & 0xFFFFFFFF)
                everyone.append(open_ones[place])
        elif place in open_ones:
            open_ones[place].take(by_server, segment)
    return [one.end() for one in everyone if one.streams[True]]  # what was refused was no connection


def opened(said, decrypted):
    """What was said, with TLS taken off: `decrypted` has for each TLS piece the data that became readable with it."""
    splitters = {False: Splitter(), True: Splitter()}
    out = []
    for number, (by_server, piece) in enumerate(said):
        if piece.kind != "tls":
            out.append((by_server, piece))
        else:
            out += [(by_server, one) for one in splitters[by_server].feed(decrypted.get(number, b""))]
    return out, splitters[True].rest()


def sessions(said):
    """Each session of MARS as a conversation of its own, behind the login before it; without MARS, that one."""
    said = [(by_server, piece) for by_server, piece in said if piece.kind == "tds"]
    before = [(by_server, piece) for by_server, piece in said if piece.session is None]
    yield before, 0
    for number in sorted({piece.session for _, piece in said if piece.session is not None}):
        yield before + [one for one in said if one[1].session == number], len(before)


__all__ = ["Conversation", "Piece", "Run", "conversations", "opened", "sessions"]
