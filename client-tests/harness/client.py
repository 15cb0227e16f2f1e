"""Runs one probe (see probe.py) as a process of its own, and bounds it: what does not end in time is reported as hung."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

from harness.server import HarnessError, patience

here = pathlib.Path(__file__).resolve().parent.parent
node_modules = here.parent / "build" / "clients" / "node" / "node_modules"

# The command of each client's probe. Python ones run under the interpreter of the tests: the one in build/venv.
PROBES = {
    "tsql": [sys.executable, here / "tsql" / "probe.py"],
    "pymssql": [sys.executable, here / "pymssql" / "probe.py"],
    "pytds": [sys.executable, here / "pytds" / "probe.py"],
    "tedious": ["node", here / "tedious" / "probe.js"],
}
CLIENTS = list(PROBES)


# No configuration of this machine or user gets into the tests.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("FREETDS", "TDS", "NODE_", "LC_", "LANG"))
} | {"LC_ALL": "C.UTF-8", "FREETDSCONF": "/dev/null", "NODE_PATH": str(node_modules), "NODE_NO_WARNINGS": "1"}


class Client:
    """A probe, loaded and waiting for the address: so that the start of an interpreter is not part of any timing."""

    def __init__(self, name, **options):
        self.name = name
        command = [str(part) for part in PROBES[name]] + ["--port", "0"]
        for option, value in options.items():
            command += ["--" + option.replace("_", "-"), str(value)]
        self.started = None
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True, env=ENVIRONMENT,
        )
        self.records = []
        self.changed = threading.Condition()
        self.ended = False
        self.complaints = ""
        threading.Thread(target=self.read_results, daemon=True).start()
        threading.Thread(target=self.read_complaints, daemon=True).start()
        with self.changed:
            self.changed.wait_for(lambda: self.records or self.ended, patience)
        if not self.records:
            self.kill()
            raise HarnessError(f"the probe of {name} did not start:\n{self.complaints}")

    def use(self, address):
        """Lets it go. It knows the host, which is 127.0.0.1 if its options do not say another: the port will do."""
        self.started = time.monotonic()
        self.tell(str(address[1]))

    def read_results(self):
        for line in self.process.stdout:
            with self.changed:
                self.records.append(json.loads(line))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def read_complaints(self):
        for line in self.process.stderr:
            self.complaints += line

    def go_on(self):
        """Lets a probe that waits between two queries run the second."""
        self.tell("")

    def tell(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it is gone already; its result says why

    @property
    def result(self):
        return next((record for record in self.records if "outcome" in record), None)

    def finish(self, seconds):
        """Its result; {"outcome": "hung"} with the phase it was in, if it has none `seconds` after its start."""
        with self.changed:
            left = max(0.0, self.started + seconds - time.monotonic())
            self.changed.wait_for(lambda: self.result or self.ended, left)
            result, phases = self.result, [r["phase"] for r in self.records if r.get("event") == "phase"]
        ended = self.ended
        self.kill()
        if result is None and ended:
            raise HarnessError(f"the probe of {self.name} broke:\n{self.complaints}")
        return result or {"outcome": "hung", "phase": phases[-1] if phases else "start", "seconds": seconds}

    def kill(self):
        """Ends the probe and what it started; a session of its own makes them one group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
