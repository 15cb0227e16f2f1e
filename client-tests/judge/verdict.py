"""The judgement of one session of tests: findings by driver and case."""

import dataclasses

from judge import dissector, lengths, windows
from judge.known import LIMITS, refused
from judge.recorded import conversations, opened, sessions


@dataclasses.dataclass(frozen=True)
class Finding:
    run: object
    text: str
    place: str = None   # in the files of what was judged


class Judgement:
    """`folder` is where the files for tshark go, which are left there: whoever wants to see a finding opens them."""

    def __init__(self, folder, segments, runs, keys):
        self.folder = folder
        self.runs = runs
        self.findings = []
        self.limits = {limit.name: 0 for limit in LIMITS}
        self.packets = 0      # of the server that were judged
        self.conversations = conversations(segments, runs)
        self.tls = folder / "tls.pcap"
        for one in self.conversations:
            self.findings += [Finding(one.run, text) for text in one.problems]
        self.captured()
        self.answered()
        self.said = self.open_tls(keys)  # by each of the conversations, without TLS
        self.judge_windows(self.said)
        self.judge_tds(self.said)

    def captured(self):
        for run in self.runs:
            seen = sum(one.run is run for one in self.conversations)
            if seen != run.connections:
                self.findings.append(Finding(run, f"{seen} connections in the capture, {run.connections} in the journal"))

    def answered(self):
        """Nothing that a driver asks on its own goes without an answer; red controls take answers away."""
        for run in self.runs:
            for text in run.unanswered:
                if not run.case.startswith("red control") and not refused(run, text):
                    self.findings.append(Finding(run, text))

    def open_tls(self, keys):
        """What each conversation said, without TLS."""
        packets = dissector.Packets(self.tls, dissector.TLS_PORT)
        places = {}  # packet -> (conversation, piece)
        for number, one in enumerate(self.conversations):
            stream = packets.stream() if any(piece.kind == "tls" for _, piece in one.said) else None
            for at, (by_server, piece) in enumerate(one.said):
                if piece.kind == "tls":
                    for packet in stream.add(by_server, piece.data):
                        places[packet] = number, at
        packets.close()
        found = dissector.open_tls(self.tls, keys) if places else dissector.Opened({}, {})
        for packet, text in found.complaints.items():
            self.complain(self.conversations[places[packet][0]].run, f"TLS: {text}", packet, self.tls)
        decrypted = [{} for _ in self.conversations]
        for packet, data in found.data.items():
            number, at = places[packet]
            decrypted[number][at] = decrypted[number].get(at, b"") + data
        return self.without_tls(decrypted)

    def without_tls(self, decrypted):
        readable = {}
        out = []
        for one, data in zip(self.conversations, decrypted):
            said, rest = opened(one.said, data)
            out.append(said)
            if rest:
                self.findings.append(Finding(one.run, f"inside TLS: {rest}"))
            if data:
                readable[one.run] = readable.get(one.run, 0) + 1
        for run in self.runs:
            if readable.get(run, 0) < run.tls:
                self.findings.append(Finding(run, f"{run.tls} connections with TLS, tshark decrypts {readable.get(run, 0)}"))
        return out

    def judge_windows(self, said):
        waited = set()
        for one, pieces in zip(self.conversations, said):
            problems, full = windows.judge(pieces)
            self.findings += [Finding(one.run, text) for text in problems]
            if full:
                waited.add(one.run)
        for run in self.runs:
            if run.case == "mars.window" and run not in waited:
                self.findings.append(Finding(run, "the server never waited for room in a window"))

    def judge_tds(self, said):
        files, owners = {}, {}
        for one, pieces in zip(self.conversations, said):
            protocol = dissector.protocol_of(pieces)
            if protocol not in files:
                path = self.folder / ("old.pcap" if protocol else "tds.pcap")
                files[protocol] = dissector.Packets(path, dissector.TDS_PORT)
                owners[protocol] = {}
            for session, first in sessions(pieces):
                stream = files[protocol].stream()
                self.findings += [Finding(one.run, text) for text in lengths.judge(session)]
                for at, (by_server, piece) in enumerate(session):
                    numbers = stream.add(by_server, piece.data)
                    if by_server and at >= first:
                        owners[protocol] |= {packet: one.run for packet in numbers}
        for protocol, packets in files.items():
            packets.close()
            self.packets += len(owners[protocol])
            for packet, text in dissector.judge_tds(packets.path, protocol).items():
                if packet in owners[protocol]:
                    self.complain(owners[protocol][packet], text, packet, packets.path)

    def complain(self, run, text, packet, path):
        known = next((limit for limit in LIMITS if limit.fits(run, text)), None)
        if known:
            self.limits[known.name] += 1
        else:
            self.findings.append(Finding(run, text, f"packet {packet} of {path.name}"))
