"""Runs `tdsfake run` for one test and follows its journal as it is written.

The journal comes through a FIFO, so that waiting for an event is waiting on a file descriptor: no polling, no sleeps.
"""

import fcntl
import json
import os
import pathlib
import signal
import struct
import subprocess
import termios
import threading
import time

tree = pathlib.Path(__file__).resolve().parent.parent.parent
binary = os.environ.get("TDSFAKE_BIN") or str(tree / "build" / "release" / "tdsfake")
patience = 20.0  # seconds for anything the harness itself waits for; machines are shared


class HarnessError(Exception):
    """The test could not be carried out. Never an AssertionError: a red control must not take it for its failure."""


def own_address():
    """A loopback address that no other worker has: for UDP port 1434, the only one at which clients ask for instances."""
    number = os.getpid()
    return f"127.{64 + (number >> 16 & 63)}.{number >> 8 & 255}.{number & 255}"


class Journal:
    def __init__(self, path):
        os.mkfifo(path)
        # Both ends are opened here: reading must not end before the server has opened its own end.
        self.reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.holding = os.open(path, os.O_WRONLY)
        os.set_blocking(self.reading, True)
        self.events = []
        self.writer = None  # the server's process
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        with os.fdopen(self.reading, encoding="utf-8") as lines:
            for line in lines:
                with self.changed:
                    self.events.append(json.loads(line))
                    self.changed.notify_all()

    def wait_for(self, what, wanted, seconds=patience):
        """Until `wanted(events)` holds."""
        with self.changed:
            if not self.changed.wait_for(lambda: wanted(self.events), seconds):
                raise HarnessError(f"not in the journal after {seconds} s: {what}; it has\n{show(self.events)}")

    def settle(self, wanted, seconds=0.5):
        """Like wait_for, for what need not happen."""
        with self.changed:
            self.changed.wait_for(lambda: wanted(self.events), seconds)

    def quiet(self, seconds=0.06):
        """All events, when none has come for so long, and none is on its way: a busy machine may keep the server waiting."""
        with self.changed:
            known = -1
            while known != len(self.events) or self.grows():
                known = len(self.events)
                self.changed.wait(seconds)
            return list(self.events)

    def grows(self):
        """The server has something to do, or what it wrote has not been read."""
        if self.writer is None or self.writer.poll() is not None or not self.thread.is_alive():
            return False
        try:
            unread = struct.unpack("i", fcntl.ioctl(self.reading, termios.FIONREAD, bytes(4)))[0]
            threads = pathlib.Path(f"/proc/{self.writer.pid}/task").glob("*/stat")
            return unread > 0 or any(one.read_text().rpartition(")")[2].split()[0] == "R" for one in threads)
        except OSError:  # it ends just now
            return False

    def finish(self):
        """All events; to be called when the server has exited."""
        os.close(self.holding)
        self.thread.join(patience)
        return list(self.events)


def show(events):
    return "\n".join("  " + json.dumps(event) for event in events) or "  nothing"


class Server:
    """A running scenario: `with Server(folder, file_or_name, {"failures": 2}) as server`."""

    def __init__(self, folder, scenario, params=None, more=()):
        folder.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "journal.fifo")
        self.errors = folder / "stderr.txt"
        command = [binary, "run", str(scenario), "--format", "json", "--journal", str(folder / "journal.fifo"), *more]
        for name, value in (params or {}).items():
            command += ["--set", f"{name}={value}"]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self.journal.writer = self.process
        self.ready = self.since = None
        self.exit_code = None
        # Its console goes on after the ready line; somebody has to read it.
        self.lines = []
        self.said_ready = threading.Event()
        self.drain = threading.Thread(target=self.read_console, daemon=True)
        self.drain.start()
        if not self.said_ready.wait(patience) or self.ready is None:
            self.stop(signal.SIGKILL)
            raise HarnessError(f"not ready: {' '.join(command)}\n{self.errors.read_text()}{''.join(self.lines)}")

    def read_console(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if self.ready is None and line.startswith("{"):
                event = json.loads(line)
                if event.get("event") == "ready":
                    self.ready = event
                    self.since = time.time()
                    self.said_ready.set()
        self.said_ready.set()

    def story(self):
        return show(self.journal.quiet())

    @property
    def address(self):
        first = next(iter(self.ready["servers"].values()))
        return first["host"], first["port"]

    def stop(self, how=signal.SIGTERM):
        """The exit code: 0 when every expectation of the scenario's `verify` was met, 1 when not."""
        if self.exit_code is None:
            self.process.send_signal(how)
            try:
                self.exit_code = self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise HarnessError(f"tdsfake did not end within {patience} s of a signal {how}") from None
            self.drain.join(patience)
            self.journal.finish()
        return self.exit_code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.exit_code is None:
            self.stop(signal.SIGKILL)


