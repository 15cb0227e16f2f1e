"""What is measured: tdsfake, or the stand-in with a defect. Both are asked for the same behaviours.

`python3 subjects.py TDSFAKE` starts each of its servers once: nothing else does between two runs of the benchmark.
"""

import os
import sys
import tempfile

from servers import Server

ROW_TEXT = "a text of forty characters, or nearly so"


class Tdsfake:
    """The program under test, in the three ways it is used: no console and no file, a journal file, a console."""

    modes = ("quiet", "journal", "console")

    def __init__(self, program, folder, cpu):
        self.program, self.folder, self.cpu = program, folder, cpu
        self._count = 0

    def _new_file(self, suffix, text=None):
        self._count += 1
        path = os.path.join(self.folder, f"{self._count}{suffix}")
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def _scenario(self, faults):
        lines = ["tdsfake: 1"]
        if faults:
            lines += ["server:", "  faults:"] + [f"    - {fault}" for fault in faults]
        return self._new_file(".yaml", "\n".join(lines) + "\n")

    def _command(self, faults, mode):
        command = [self.program, "run", self._scenario(faults)]
        if mode != "console":
            command.append("--quiet")
        if mode == "journal":
            command += ["--journal", self._new_file(".jsonl")]
        return command

    def _start(self, faults, mode):
        command = self._command(faults, mode)
        if mode != "console":
            return Server(command, self.cpu)
        ready = self._new_file(".ready")
        with open(os.devnull, "wb") as nowhere:
            return Server(command + ["--ready-file", ready], self.cpu, stdout_to=nowhere, ready_file=ready)

    def start_command(self):
        return self._command([], "quiet")

    def healthy(self, mode="quiet"):
        return self._start([], mode)

    def stalling(self, mode="quiet"):
        return self._start(["{at: prelogin, do: stall}"], mode)

    def delaying(self, groups, mode="journal"):
        """groups: (first connection, last connection, microseconds)."""
        return self._start(
            [f"{{at: prelogin, when: {{connection: {a}..{b}}}, do: {{wait: {us}us}}}}" for a, b, us in groups], mode)

    def streaming(self, rows, mode="journal"):
        """`rows` to the batch "rows": a number and a text each."""
        scenario = self._new_file(".yaml", f"""tdsfake: 1
server:
  queries:
    - {{match: rows, columns: {{id: int not null, name: nvarchar(60)}}, rows: {{count: {rows}, values: [$row, "{ROW_TEXT}"]}}}}
""")
        command = [self.program, "run", scenario, "--quiet"]
        return Server(command + (["--journal", self._new_file(".jsonl")] if mode == "journal" else []), self.cpu)

    def encrypting(self):
        scenario = self._new_file(".yaml", "tdsfake: 1\nserver: {identity: {encryption: required}}\n")
        return Server([self.program, "run", scenario, "--quiet"], self.cpu)

    def holding(self, milliseconds, mode="journal"):
        """Answers nobody until that time, then all at once."""
        return self._start(
            ["{at: prelogin, do: {hold: go}}", f"{{at: start, do: [wait: {milliseconds}ms, signal: go]}}"], mode)


class StandIn:
    """bench_stand_in in tdsfake's place, with the defects asked for."""

    modes = ("quiet", "journal")

    def __init__(self, program, folder, cpu, defects=()):
        self.program, self.folder, self.cpu, self.defects = program, folder, cpu, list(defects)

    def _start(self, *arguments):
        return Server([self.program, *self.defects, *arguments], self.cpu)

    def start_command(self):
        return [self.program, *self.defects]

    def healthy(self, mode="quiet"):
        return self._start()

    def stalling(self, mode="quiet"):
        return self._start("--silent", "1")

    def delaying(self, groups, mode="journal"):
        path = os.path.join(self.folder, "stand-in-delays")
        with open(path, "w", encoding="ascii") as file:
            for first, last, microseconds in groups:
                file.write(f"{microseconds}\n" * (last - first + 1))
        return self._start("--delays", path)

    def holding(self, milliseconds, mode="journal"):
        return self._start("--hold-ms", str(milliseconds))


def start_each(program):
    with tempfile.TemporaryDirectory(prefix="tdsfake-bench-") as folder:
        subject = Tdsfake(program, folder, None)
        for name, arguments in {
            "healthy": (), "stalling": (), "delaying": ([(1, 2, 10)],), "streaming": (10,), "encrypting": (), "holding": (10,),
        }.items():
            getattr(subject, name)(*arguments).end()
            print(f"ok {name}")


if __name__ == "__main__":
    start_each(sys.argv[1])
