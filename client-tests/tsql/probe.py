"""tsql: the command-line client of FreeTDS, on its lowest library (TDS-Library).

tsql has no timeouts of its own: a server that falls silent hangs it for ever. That is for the caller to find out.
"""

import pathlib
import re
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import probe  # noqa: E402

# "Error 20009 (severity 9):" is the library's own, "Msg 18456 (severity 14, state 1) from FAKE Line 1:" the server's.
COMPLAINT = re.compile(r'^(Error|Msg) (\d+) \(severity \d+.*?\).*\n((?:\t.*\n?)*)', re.MULTILINE)
NO_CONNECTION = "There was a problem connecting to the server"


class TsqlError(Exception):
    def __init__(self, output):
        super().__init__(output)
        self.output = output


def place(options):
    if options.instance:
        return ["-S", f"{options.host}\\{options.instance}"]
    return ["-H", options.host, "-p", str(options.port)]


class Session:
    """tsql tells nothing until it has run everything: so the probe hands over all statements first."""

    def __init__(self, options):
        self.process = subprocess.Popen(
            ["tsql", *place(options), "-U", options.user, "-P", options.password, "-D", options.database, "-o", "qfh"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def send(self, text):
        try:
            self.process.stdin.write(text)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # tsql gave up; what it printed says why

    def finish(self):
        """The values it printed, one line per row; raises what it complained about."""
        self.send("EXIT\n")
        output, complaints = self.process.communicate()
        if self.process.returncode or complaints.strip():
            raise TsqlError(complaints)
        return [line for line in output.splitlines() if line]


class Run(probe.Run):
    def once(self):
        started = time.monotonic()
        options, result = self.options, {"outcome": "ok"}
        session = Session(options)
        # tsql keeps to itself whether it has got in.
        self.enter("connect" if options.action == "connect" else "connect or query")
        try:
            if options.action != "connect":
                session.send(f"{options.sql}\nGO\n")
            if self.idles:
                self.enter("idle")
                sys.stdin.readline()
                self.enter("second-query")
                session.send(f"{options.sql}\nGO\n")
            values = session.finish()
            if options.action != "connect":
                result |= {"value": int(values[-1]) if values and values[-1].isdigit() else (values or [None])[-1],
                           "rows": len(values)}
            self.phase = "close"
        except TsqlError as exception:
            result = {"outcome": "error"} | describe(exception)
            if NO_CONNECTION in exception.output:
                self.phase = "connect"
            elif self.phase == "connect or query":
                self.phase = "query"
        return result | {"phase": self.phase, "seconds": round(time.monotonic() - started, 3)}


def describe(exception):
    """The server's message if there is one, else the last thing the library said; all of it as text."""
    found = COMPLAINT.findall(exception.output)
    told = next((one for one in found if one[0] == "Msg"), found[0] if found else ("silent", "0", ""))
    text = " | ".join(" ".join(part[2].split()) for part in found) or exception.output.strip()
    return {"type": told[0], "number": int(told[1]) or None, "text": text}


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        import serve
        from harness import serving

        serving.serve(serve)
    else:
        probe.main(sys.modules[__name__], Run)
