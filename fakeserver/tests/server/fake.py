"""Runs the real binary for a test: starts it, waits until it is ready, reads its journal, stops it.

The binary is TDSFAKE_BIN, or build/release/tdsfake of this checkout.
"""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
import tds_client

repository = pathlib.Path(__file__).resolve().parents[3]
binary = os.environ.get("TDSFAKE_BIN") or str(repository / "build/release/tdsfake")
starting = 30.0  # seconds to get ready or to exit: generous, machines are shared


def sanitized():
    """Whether the binary is a sanitizer build: slower, and freed memory stays resident."""
    if not os.path.exists(binary):
        return False
    data = pathlib.Path(binary).read_bytes()
    return b"__asan_init" in data or b"__tsan_init" in data


class StartFailed(Exception):
    """Not an assertion: a red control must not count it as its failure."""


def wait_until(what, describe, within=None, every=0.005):
    """The first true value of `what()`; Deviation if there is none in time."""
    deadline = time.monotonic() + (within or tds_client.patience)
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise tds_client.Deviation(describe() if callable(describe) else describe)
        time.sleep(every)


def scenario(faults=(), gate=None, server="", verify=(), head=""):
    """A scenario text from its parts; `faults` and `verify` are lists of YAML texts."""
    body = [f"gate: {gate}"] if gate else []
    body += server.splitlines()
    if faults:
        body += ["faults:", *(f"  - {fault}" for fault in faults)]
    lines = ["tdsfake: 1", *head.splitlines()]
    if body:
        lines += ["server:", *("  " + line for line in body)]
    if verify:
        lines += ["verify:", *(f"  - {check}" for check in verify)]
    return "\n".join(lines) + "\n"


class Fake:
    """One `tdsfake run`."""

    def __init__(
        self,
        folder,
        text=None,
        *options,
        file=None,
        wrapper=(),
        stdout=None,
        journal=True,
        wait=True,
        may_lack=(),
        **popen,
    ):
        self.may_lack = may_lack  # a capability that the test is about
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if file is None:
            file = self.folder / "story.yaml"
            file.write_text(text if text is not None else "tdsfake: 1\n")
        self.file = str(file)
        self.ready_file = self.folder / "ready.json"
        self.journal_file = self.folder / "journal.jsonl"
        self.stdout_file = self.folder / "stdout.txt"
        self.stderr_file = self.folder / "stderr.txt"
        command = [*wrapper, binary, "run", self.file, "--ready-file", str(self.ready_file)]
        if journal:
            command += ["--journal", str(self.journal_file)]
        with open(self.stdout_file, "wb") as out, open(self.stderr_file, "wb") as err:
            self.process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=stdout if stdout is not None else out,
                stderr=err,
                **popen,
            )
        self.ready = None
        if wait:
            self.wait_ready()

    def wait_ready(self):
        deadline = time.monotonic() + starting
        while not self.ready_file.exists():
            if self.process.poll() is not None:
                if "CAP_NET_ADMIN" in self.stderr and "CAP_NET_ADMIN" not in self.may_lack:
                    pytest.skip(self.stderr.strip().splitlines()[-1])
                raise StartFailed(f"exit {self.process.returncode}: {self.stderr}{self.stdout}")
            if time.monotonic() > deadline:
                self.kill()
                raise StartFailed(f"not ready in {starting} s: {self.stderr}{self.stdout}")
            time.sleep(0.002)
        self.ready = json.loads(self.ready_file.read_text())

    # --------------------------------------------------------------------------------------- addresses

    def address_of(self, server):
        entry = self.ready["servers"][server]
        return entry["host"], entry["port"]

    @property
    def address(self):
        return self.address_of(next(iter(self.ready["servers"])))

    @property
    def port(self):
        return self.address[1]

    # ------------------------------------------------------------------------------------ conversations

    def connect(self, tds="7.4", **options):
        return tds_client.Client(self.address, tds, **options)

    def logged_in(self, tds="7.4", **fields):
        return tds_client.logged_in(self.address, tds, **fields)

    def healthy(self):
        """A new connection can log in and query."""
        with self.logged_in() as client:
            assert client.batch("SELECT 1").rows == [[1]]

    # ------------------------------------------------------------------------------------------ journal

    @property
    def stdout(self):
        return self.stdout_file.read_text(errors="replace")

    @property
    def stderr(self):
        return self.stderr_file.read_text(errors="replace")

    @property
    def journal_text(self):
        return self.journal_file.read_text(errors="replace") if self.journal_file.exists() else ""

    def events(self, event=None, **fields):
        """The journal so far; a last line still being written is left out."""
        lines = self.journal_text.split("\n")[:-1]
        found = [json.loads(line) for line in lines if line]
        return [e for e in found if (event is None or e["event"] == event) and matches(e, fields)]

    def wait_event(self, event, count=1, within=None, **fields):
        """At least `count` such events; the last of them."""

        def describe():
            tail = "\n".join(self.journal_text.splitlines()[-12:])
            return f"no {count}. event {event} {fields} in the journal, which ends:\n{tail}"

        return wait_until(lambda: (self.events(event, **fields)[count - 1 :] or [None])[0], describe, within)

    # ------------------------------------------------------------------------------------------- ending

    def stop(self, how=signal.SIGTERM, within=starting):
        """The exit code. Stopping twice is harmless."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.wait_exit(within)

    def wait_exit(self, within=starting):
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise tds_client.Deviation(f"still running after {within} s") from None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def matches(event, fields):
    for key, wanted in fields.items():
        value = event.get(key.replace("_", "-"), event.get(key))
        if not (wanted(value) if callable(wanted) else value == wanted):
            return False
    return True


def tdsfake(*arguments, input=None, **options):
    """A command that ends by itself: CompletedProcess with text output."""
    return subprocess.run(
        [binary, *map(str, arguments)],
        input=input,
        capture_output=True,
        text=True,
        timeout=starting,
        **options,
    )
