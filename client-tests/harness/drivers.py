"""The long-lived probes of the drivers."""

import json
import os
import pathlib
import subprocess
import sys
import threading

from harness.server import HarnessError, patience

here = pathlib.Path(__file__).resolve().parent.parent
build = here.parent / "build" / "clients"

# No configuration of this machine or user gets into the tests.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("FREETDS", "TDS", "NODE_", "LC_", "LANG"))
} | {"LC_ALL": "C.UTF-8", "FREETDSCONF": "/dev/null", "NODE_PATH": str(build / "node" / "node_modules"), "NODE_NO_WARNINGS": "1"}


def python(folder):
    return [sys.executable, here / folder / "probe.py", "--serve"]


def node(driver):
    return ["node", here / "node" / "probe.js", driver]


def java(driver):
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", f"{build}/java/classes:{build}/java/lib/*",
            "Probe", driver]


COMMANDS = {
    "tsql": python("tsql"), "bsqldb": python("bsqldb"), "pymssql": python("pymssql"), "pytds": python("pytds"),
    "pyodbc": python("pyodbc"), "mssql-python": python("mssql-python"), "sqlalchemy": python("sqlalchemy"),
    "tedious": node("tedious"), "node-mssql": node("node-mssql"), "knex": node("knex"),
    "mssql-jdbc": java("mssql-jdbc"), "jtds": java("jtds"), "hikaricp": java("hikaricp"),
    "go-mssqldb": [build / "go" / "probe", "go-mssqldb"], "database-sql": [build / "go" / "probe", "database-sql"],
    "tiberius": [build / "tiberius" / "probe"],
}


class Probe:
    """One long-lived probe process. An answer that does not come in time is the caller's to judge; the process is then
    replaced, because nobody knows what it is still doing."""

    def __init__(self, driver):
        self.driver = driver
        self.process = subprocess.Popen(
            [str(part) for part in COMMANDS[driver]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, start_new_session=True,
        )
        self.changed = threading.Condition()
        self.answers = {}
        self.loaded = self.ended = False
        self.complaints = ""
        self.last = 0
        threading.Thread(target=self.read_answers, daemon=True).start()
        threading.Thread(target=self.read_complaints, daemon=True).start()
        with self.changed:
            self.changed.wait_for(lambda: self.loaded or self.ended, 3 * patience)
        if not self.loaded:
            self.kill()
            raise HarnessError(f"the probe of {driver} did not start:\n{self.complaints}")

    def read_answers(self):
        for line in self.process.stdout:
            try:
                record = json.loads(line)
            except ValueError:
                self.complaints += line
                continue
            with self.changed:
                if "id" in record:
                    self.answers[record["id"]] = record
                self.loaded = True
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def read_complaints(self):
        for line in self.process.stderr:
            self.complaints += line

    def send(self, operation, **fields):
        """Starts an operation; its number."""
        self.last += 1
        try:
            self.process.stdin.write(json.dumps({"id": self.last, "op": operation} | fields) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # waiting for the answer tells
        return self.last

    def wait(self, number, seconds):
        """The answer; {"hung": seconds} when there is none in time."""
        with self.changed:
            self.changed.wait_for(lambda: number in self.answers or self.ended, seconds)
            if number in self.answers:
                return self.answers.pop(number)
        if self.ended:
            raise HarnessError(f"the probe of {self.driver} broke:\n{self.complaints[-4000:]}")
        return {"hung": seconds}

    def kill(self):
        self.process.kill()
        self.process.wait()


class Probes:
    """The probes of this process: one per driver, made when first wanted, made anew after it hung or broke."""

    def __init__(self):
        self.by_driver = {}

    def get(self, driver):
        if driver not in self.by_driver:
            self.by_driver[driver] = Probe(driver)
        return self.by_driver[driver]

    def discard(self, driver):
        probe = self.by_driver.pop(driver, None)
        if probe:
            probe.kill()

    def end(self):
        for driver in list(self.by_driver):
            self.discard(driver)
