"""The half of a probe that is the same for every Python-driven client: its options, its actions, its one line of result.

A probe is a small program that uses one client library the way an application does. It prints JSON lines:
  {"event": "loaded"}                      with --port 0: from here on the time is the client's, not the interpreter's
  {"event": "phase", "phase": "connect"}   as it goes, so that whoever kills a hung probe knows where it hung
  {"outcome": "ok" | "error", "phase": …, "type": …, "number": …, "text": …, "seconds": …, "value": …, "rows": …,
   "attempts": […]}                        once, last

The other half, an adapter, is a module with
  connect(options) -> session, with .query(sql) -> rows and .close()
  describe(exception) -> {"type", "number", "text"}
and for the long-lived mode, see serving.py,
  open(options) -> serving.Session
"""

import argparse
import json
import sys
import time

ACTIONS = {
    "connect": "connect, log in, leave",
    "select": "connect, run --sql, leave",
    "idle-then-select": "connect, run --sql, wait for a line on standard input, run --sql again",
    "retry": "like select, on a new connection after each failure, up to --attempts, --retry-delay apart",
    "idle-then-retry": "like idle-then-select, and after a failure go on like retry",
}


def parse_options(arguments=None):
    parser = argparse.ArgumentParser(
        description="Use one client library against a server and report what it saw, as JSON lines.",
        epilog="actions: " + "; ".join(f"{name}: {what}" for name, what in ACTIONS.items()),
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0: say when loaded, then read it from standard input")
    parser.add_argument("--instance", help="instead of the port: what the SQL Server Browser of the host is asked for")
    parser.add_argument("--user", default="sa")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--database", default="master")
    parser.add_argument("--timeout", type=int, default=5, help="seconds, for connecting and for each query")
    parser.add_argument("--action", choices=ACTIONS, default="select")
    parser.add_argument("--sql", default="SELECT 1")
    parser.add_argument("--attempts", type=int, default=5)
    parser.add_argument("--retry-delay", type=float, default=0.2)
    return parser.parse_args(arguments)


def emit(**record):
    print(json.dumps(record), flush=True)


class Run:
    """One connection from start to end, with the phase it is in."""

    def __init__(self, adapter, options, first=True):
        self.adapter = adapter
        self.options = options
        self.idles = first and options.action.startswith("idle-")
        self.phase = None

    def enter(self, phase):
        self.phase = phase
        emit(event="phase", phase=phase)

    def once(self):
        started = time.monotonic()
        result = {"outcome": "ok"}
        session = None
        try:
            self.enter("connect")
            session = self.adapter.connect(self.options)
            if self.options.action != "connect":
                result |= self.query(session, "query")
            if self.idles:
                self.enter("idle")
                sys.stdin.readline()
                result |= self.query(session, "second-query")
            self.enter("close")
            session.close()
        except Exception as exception:  # whatever the library raises is the finding
            result = {"outcome": "error"} | self.adapter.describe(exception)
            abandon(session)
        return result | {"phase": self.phase, "seconds": round(time.monotonic() - started, 3)}

    def query(self, session, phase):
        self.enter(phase)
        rows = session.query(self.options.sql)
        return {"value": rows[0][0] if rows else None, "rows": len(rows)}


def abandon(session):
    """After a failure the session may be in any state; how it takes being closed is not the finding."""
    if session is not None:
        try:
            session.close()
        except Exception:  # noqa: BLE001
            pass


def main(adapter, run=Run):
    if sys.argv[1:] == ["--serve"]:
        from harness import serving

        return serving.serve(adapter)
    options = parse_options()
    if options.port == 0:
        emit(event="loaded")
        options.port = int(sys.stdin.readline())
    attempts = []
    for attempt in range(options.attempts if options.action.endswith("retry") else 1):
        if attempt:
            time.sleep(options.retry_delay)
        attempts.append(run(adapter, options, attempt == 0).once())
        if attempts[-1]["outcome"] == "ok":
            break
    emit(**attempts[-1], attempts=attempts)
