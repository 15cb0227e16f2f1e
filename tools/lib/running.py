"""Runs the commands of a suite: output into the suite's log, a line of progress for whoever watches."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import time

tree = pathlib.Path(__file__).resolve().parent.parent.parent
build = tree / "build"
logs = build / "logs"
cores = len(os.sched_getaffinity(0))
watched = sys.stdout.isatty()


class Failed(Exception):
    """A suite could not do its work: what, and where to look."""


class Skipped(Exception):
    """A suite cannot run here: why."""


def clear_progress():
    if watched:
        sys.stdout.write("\r\033[K")
        sys.stdout.flush()


class Progress:
    """One line that is overwritten on a terminal; one line per step elsewhere."""

    def __init__(self, suite, step):
        self.label = f"{suite}: {step}"
        self.started = time.monotonic()
        self.shown = 0.0
        if not watched:
            print(f"{self.label} …", flush=True)

    def saw(self, line):
        now = time.monotonic()
        if watched and now - self.shown > 0.1:
            self.shown = now
            width = shutil.get_terminal_size().columns
            text = f"{self.label} {now - self.started:4.0f} s  {line.strip()}"
            sys.stdout.write("\r\033[K" + text[: width - 1])
            sys.stdout.flush()

    def end(self):
        clear_progress()


class Context:
    """What a suite is given: its name, its log, and how to run a command."""

    def __init__(self, suite, log, everything=False):
        self.suite = suite
        self.log = log
        self.everything = everything  # --all

    def command(self, step, *command, env=None, within=1500, may_fail=False):
        """Runs it to its end; returns the exit code, or raises Failed when that is not 0 and must be."""
        progress = Progress(self.suite, step)
        command = [str(part) for part in command]
        started = time.monotonic()
        with self.log.open("a", errors="replace") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            process = subprocess.Popen(
                command, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, errors="replace", env=os.environ | (env or {}), bufsize=1,
            )
            try:
                for line in process.stdout:
                    log.write(line)
                    progress.saw(line)
                    if time.monotonic() - started > within:
                        process.kill()
                        raise Failed(f"{step}: stopped after {within} s")
                code = process.wait()
            finally:
                progress.end()
                process.kill()
                process.wait()
        if code and not may_fail:
            raise Failed(f"{step}: exit code {code}")
        return code

    def each(self, step, commands, tally, passed=lambda label: None):
        """Runs commands {label: command} side by side; each is a test, and a failing one is shown in the log."""
        progress = Progress(self.suite, f"{step} ({len(commands)})")

        def one(item):
            return item[0], subprocess.run(
                [str(part) for part in item[1]], cwd=tree, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                errors="replace",
            )

        with concurrent.futures.ThreadPoolExecutor(cores) as pool:
            for done, (label, result) in enumerate(pool.map(one, commands.items()), 1):
                progress.saw(f"{done}/{len(commands)} {label}")
                if result.returncode == 0:
                    tally.passed += 1
                    passed(label)
                else:
                    tally.failed += 1
                    self.say(f"FAILED {label}\n{result.stdout}{result.stderr}")
        progress.end()

    def say(self, text):
        with self.log.open("a") as log:
            log.write(text + "\n")


def tool(name, package):
    found = shutil.which(name)
    if not found:
        raise Skipped(f"no {name} here (package {package})")
    return found


def tracked(*patterns):
    """The files of the tree with these name patterns: known to git, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=tree, capture_output=True, text=True, check=True,
    ).stdout
    return sorted({path for path in listed.split("\0") if path and (tree / path).is_file()})

