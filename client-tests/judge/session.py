"""The judge in a session of pytest: a capture while the tests run, a result per driver at the end of it all."""

import itertools
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

from _pytest.reports import TestReport

from driver_cases import CASES
from harness.server import tree
from harness.toolchains import DRIVERS, unusable

sys.path.append(str(tree / "fakeserver" / "tests" / "wire"))

from capture import Capture, CaptureFailed, Segment  # noqa: E402
from network import own_network  # noqa: E402

from judge import seeds  # noqa: E402
from judge.recorded import Run  # noqa: E402
from judge.verdict import Judgement  # noqa: E402

FOLDER = "TDSFAKE_JUDGE"  # in the environment of the processes of pytest-xdist
NODE = "test_judge.py::test_second_judge"
numbers = itertools.count()


class Judge:
    """In the process that all the tests' processes are started by."""

    def __init__(self, seeds=None):
        self.capture = self.folder = None
        self.seeds = seeds  # a folder for what the drivers said, or None
        missing = [tool for tool in ("dumpcap", "tshark", "ip") if not shutil.which(tool)]
        self.problem = f"needs {', '.join(missing)}: apt-get install tshark iproute2" if missing else None

    def start(self):
        if self.problem:
            return
        # A network of our own where that is allowed: then nothing of others is on its loopback. dumpcap may do without.
        own_network()
        try:
            self.capture = Capture()
        except CaptureFailed as failure:
            self.problem = f"cannot capture: {' '.join(str(failure).split('Please')[0].split())}"
            return
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="judge-"))
        os.environ[FOLDER] = str(self.folder)

    def finish(self):
        """The results, as pytest has them."""
        if self.problem:
            yield report("", "skipped", (NODE, 0, f"Skipped: {self.problem}"))
            return
        runs = Run.told(self.folder)
        self.capture.settle()
        self.capture.close()
        try:
            if runs:
                yield from self.judge(runs)
        except Exception:  # no verdict is no pass
            yield report("", "failed", traceback.format_exc())
        shutil.rmtree(self.folder, ignore_errors=True)

    def judge(self, runs):
        started = time.monotonic()
        keys = self.folder / "keys.log"
        with keys.open("wb") as out:
            for path in self.folder.glob("*.keys"):
                out.write(path.read_bytes())
        where = tree / "build" / "client-tests" / "judge"
        where.mkdir(parents=True, exist_ok=True)
        segments = [one for _, _, one in self.capture.records if isinstance(one, Segment)]  # of connections, then; not ICMP
        judgement = Judgement(where, segments, runs, keys)
        print(f"\nthe second judge: {judgement.packets} packets of {len(judgement.conversations)} connections, "
              f"{time.monotonic() - started:.1f} s")
        if self.seeds:
            seeds.write(pathlib.Path(self.seeds), judgement)
        yield from results(judgement)


def results(judgement):
    if whole(judgement.runs):
        gone = [name for name, count in judgement.limits.items() if count == 0]
        yield report("limits of tshark", "failed" if gone else "passed", f"not seen any more, to be taken out: {gone}")
    for driver in dict.fromkeys(run.driver for run in judgement.runs if not run.malformed):
        found = [one for one in judgement.findings if one.run.driver == driver and not one.run.malformed]
        yield report(driver, "failed" if found else "passed", told(judgement, found))
    for run in judgement.runs:
        if run.malformed:
            found = [one for one in judgement.findings if one.run is run]
            yield report(f"red control, {run.case}", "passed" if found else "failed", f"not seen: {run.malformed}")


def whole(runs):
    """Whether these are all the tests, not some that were picked."""
    drivers = {driver for driver in DRIVERS if unusable(driver) is None}
    return {run.driver for run in runs} >= drivers and {run.case for run in runs} >= {case.name for case in CASES}


def told(judgement, found):
    lines = [f"{one.run.driver}, {one.run.case}" + (f", {one.place}" if one.place else "") + f": {one.text}" for one in found]
    return "\n".join([*lines, f"the files are in {judgement.folder}"])


def report(name, outcome, text):
    node = NODE + (f"[{name}]" if name else "")
    return TestReport(node, (node, 0, node), {}, outcome, None if outcome == "passed" else text, "call", [], 0.0)


# --------------------------------------------------------------------------------- in the processes of the tests

def place():
    """Where a test may tell of its server: (folder, number), or None when nobody judges."""
    folder = os.environ.get(FOLDER)
    return (pathlib.Path(folder), f"{os.getpid()}-{next(numbers)}") if folder else None


class Witness:
    """Tells the judge of one server: when it ran, on which ports, and its keys."""

    def __init__(self, driver, case, malformed=None):
        self.about = driver, case
        self.malformed = malformed
        self.place = place()

    @property
    def options(self):
        return ["--tls-keylog", str(self.place[0] / f"{self.place[1]}.keys")] if self.place else []

    def tell(self, server):
        """Once the server has stopped: its journal is whole then."""
        if not self.place:
            return
        events = server.journal.events
        # Of those that are told: a client may leave at once.
        finished = {e["connection"] for e in events if e["event"] == "received" and e.get("flight") == "client-finished"}
        secured = sum(any(e["event"] == "received" and e.get("message") not in ("TLS", "PRELOGIN") and e.get("connection") == one
                          for e in events) for one in finished)
        connections = sum(e["event"] == "connect" for e in events)
        unanswered = [e["text"] for e in events if e["event"] == "sent" and "has no answer for" in str(e.get("text"))]
        ports = tuple(one["port"] for one in server.ready["servers"].values())
        Run(*self.about, ports, server.since, time.time(), connections, secured, unanswered, self.malformed).tell(*self.place)
