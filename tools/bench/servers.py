"""Starting, watching and stopping one server process, and the helpers that talk to it."""

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time

DEADLINE = 30  # seconds that any single step may take before the benchmark gives up


class BenchError(Exception):
    """Something that makes the figures worthless: says what, and what to do."""


def raise_descriptor_limit(wanted):
    """For us and for every child. Root may raise the hard limit too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, OSError):
        if hard < wanted:
            raise BenchError(f"needs {wanted} file descriptors, the hard limit is {hard}: run `ulimit -Hn` as root")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextlib.contextmanager
def pinned(cpu):
    """What is started inside runs on that core only; None leaves it alone."""
    before = os.sched_getaffinity(0)
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A server process that has said READY."""

    def __init__(self, command, cpu, stdout_to=None, ready_file=None):
        """Ready is read from standard output, or, when that goes elsewhere, from the ready file."""
        self.command = command
        self._errors = tempfile.TemporaryFile()  # not a pipe: nobody reads it while the server runs
        with pinned(cpu):
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout_to or subprocess.PIPE, stderr=self._errors, text=True)
        self.pid = self.process.pid
        # A process's CPU clock, user and system of all its threads in nanoseconds, as clock_getcpuclockid() names it.
        self._clock = (~self.pid << 3) | 2
        try:
            self.port = self._port_from_file(ready_file) if ready_file else self._port_from_output()
        except BaseException:
            self.process.kill()
            raise

    def _gone(self):
        code = self.process.wait()
        self._errors.seek(0)
        error = self._errors.read().decode(errors="replace").strip()
        raise BenchError(f"{' '.join(self.command)}\n  ended before it was ready (exit {code}): {error}")

    def _port_from_output(self):
        line = self.process.stdout.readline()
        found = re.match(r"READY \S+=127\.0\.0\.1:(\d+)", line)
        if not found:
            if not line:
                self._gone()
            raise BenchError(f"{' '.join(self.command)}\n  expected a READY line, got: {line!r}")
        return int(found[1])

    def _port_from_file(self, ready_file):
        give_up = time.monotonic() + DEADLINE
        while not os.path.exists(ready_file):
            if self.process.poll() is not None:
                self._gone()
            if time.monotonic() > give_up:
                raise BenchError(f"{' '.join(self.command)}\n  wrote no ready file within {DEADLINE} s")
            time.sleep(0.002)
        with open(ready_file, encoding="utf-8") as file:
            return next(iter(json.load(file)["servers"].values()))["port"]

    def cpu_ns(self):
        return int(time.clock_gettime(self._clock) * 1e9)

    def wait_until_idle(self, all_read=True):
        """Returns when its CPU clock stands still and, if asked for, everything sent to it was read."""
        give_up = time.monotonic() + DEADLINE
        before = self.cpu_ns()
        while True:
            time.sleep(0.05)
            used = self.cpu_ns() - before
            before += used
            if used < 100_000 and not (all_read and self._has_unread_bytes()):
                return
            if time.monotonic() > give_up:
                raise BenchError(f"{' '.join(self.command)}\n  did not come to rest within {DEADLINE} s")

    def _has_unread_bytes(self):
        """In /proc/net/tcp: unread bytes of an established socket, unaccepted connections of a listening one."""
        ours = f":{self.port:04X}"
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table:
                fields = line.split(None, 5)
                if fields[1].endswith(ours) and not fields[4].endswith(":00000000"):
                    return True
        return False

    def private_bytes(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Private_"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def end(self, how=signal.SIGKILL):
        """Sends the signal; returns the milliseconds until the process was gone (wait4), all its threads included."""
        def too_late(*_):
            self.process.kill()
            raise BenchError(f"{' '.join(self.command)}\n  still there {DEADLINE} s after {how.name}")

        signal.signal(signal.SIGALRM, too_late)  # wait4 itself knows no deadline
        signal.alarm(DEADLINE)
        begin = time.monotonic_ns()
        os.kill(self.pid, how)
        _, status, _ = os.wait4(self.pid, 0)
        signal.alarm(0)
        took = (time.monotonic_ns() - begin) / 1e6
        self.process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (self.process.stdout, self._errors):
            if stream:
                stream.close()
        return took

    def terminate(self):
        """SIGTERM, and it must end by itself with exit code 0."""
        self.end(signal.SIGTERM)
        if self.process.returncode != 0:
            raise BenchError(f"{' '.join(self.command)}\n  ended with {self.process.returncode} on SIGTERM")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.end()


def run_helper(command, cpu):
    """A helper that prints one line of JSON."""
    with pinned(cpu):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)}\n  failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


class Holder:
    """Many stalled connections; gone at the end of the `with`."""

    def __init__(self, helper, port, count, cpu):
        with pinned(cpu):
            self.process = subprocess.Popen(
                [helper, "hold", "--port", str(port), "--count", str(count)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._expect("HELD", count)
        self.count = count

    def _expect(self, word, count):
        line = self.process.stdout.readline().strip()
        if line != f"{word} {count}":
            error = "" if line else self.process.stderr.read().strip()
            raise BenchError(f"stalled connections: expected '{word} {count}', got '{line}' {error}")

    def check_all_stalled(self):
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        self._expect("STALLED", self.count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()
