"""What an application does with a driver and a scenario, and what it and the journal saw: one Sighting."""

import dataclasses
import pathlib
import tempfile
import threading
import time
import types

from driver_cases.offers import not_offered
from harness.server import HarnessError, Server, show
from harness.sightings import normal

DEFAULTS = {"user": "sa", "password": "secret", "database": "master", "timeout": 2, "encrypt": "off", "trust": True,
            "as_shipped": True}
SQL = "SELECT 1 AS n"  # a name, for a command-line client prints nothing of a column without one
# Drivers that look at certificates and have no option that says whom to trust.
NO_AUTHORITY = {"jtds": "trusts the authorities of the JVM, and no others"}
NO_SESSION = {"bsqldb": "one connection per statement, none is ever idle"}
pause = 0.2  # seconds between the attempts of an application that tries again

HEALTHY = "tdsfake: 1\nabout: without the fault\nserver: {identity: {encryption: %s}}\n"
HEALTHY_BROWSER = """tdsfake: 1
about: without the fault
params: {host: 127.0.0.1}
server: {listen: $host, identity: {instance: SALES}}
browser: {listen: "$host:1434"}
"""


class Failed(Exception):
    """An operation did not end well: where, and how."""

    def __init__(self, phase, how):
        super().__init__(phase)
        self.report = {"phase": phase} | how


@dataclasses.dataclass
class Sighting:
    """`seen` is what is recorded and compared, see sightings.py; the rest is for people."""

    seen: dict
    events: list
    met: bool      # the fault was met, as the journal has it

    def __str__(self):
        return f"{self.seen}\nthe journal says\n{show(self.events)}"


def wait_for_words(probe):
    """What a process says at its end arrives a moment later."""
    until = time.monotonic() + 2
    while not probe.complaints and time.monotonic() < until:
        time.sleep(0.02)


class Application:
    def __init__(self, plan, probe, server, options, control):
        self.plan, self.probe, self.server, self.options, self.control = plan, probe, server, options, control
        self.names = iter(range(1, 1000))
        self.hung = False
        self.took = 0.0  # the operations of this attempt, without what lies between

    def do(self, phase, operation, **fields):
        started = time.monotonic()
        try:
            answer = self.probe.wait(self.probe.send(operation, **fields), self.plan.within)
        except HarnessError:
            # The driver takes the process along, and with it the application.
            self.hung = True
            wait_for_words(self.probe)
            last = next((line for line in self.probe.complaints.splitlines() if line.strip()), "")
            crash = {"outcome": "crash", "text": normal(last), "seconds": time.monotonic() - started}
            raise Failed(phase, crash) from None
        seconds = time.monotonic() - started
        self.took += seconds
        if "not_offered" in answer and "timeout" in fields and operation == "query":
            # No timeout of a query in its API: then it is used without.
            fields.pop("timeout")
            return self.do(phase, operation, **fields)
        if "hung" in answer:
            self.hung = True
            raise Failed(phase, {"outcome": "hung", "seconds": seconds})
        if "not_offered" in answer:
            raise Failed(phase, {"outcome": "not offered", "text": answer["not_offered"], "seconds": 0.0})
        if "error" in answer:
            error = answer["error"]
            raise Failed(phase, {"outcome": "error", "type": error["type"], "number": error.get("number"),
                                 "text": normal(str(error.get("text") or "")), "seconds": seconds})
        return answer["ok"]

    def query(self, phase, name):
        answer = self.do(phase, "query", on=name, sql=SQL, timeout=self.options["timeout"])
        rows = [one["rows"] for one in answer.get("results", []) if "rows" in one]
        value = rows[0][0][0] if rows and rows[0] and rows[0][0] else None
        if str(value) != "1":
            said = f"no error, and the result is {rows[0] if rows else 'none'}"
            raise Failed(phase, {"outcome": "wrong", "text": said, "seconds": self.took})

    def once(self, idles):
        """One attempt with a connection of its own; raises Failed."""
        name = f"{threading.get_ident()}-{next(self.names)}"
        self.do("connect", "open", **{"as": name}, **self.options)
        try:
            self.query("query", name)
            if idles:
                if not self.control:
                    self.server.journal.wait_for("what was to happen to the idle connection", self.plan.was_met)
                    if self.plan.scenario != "frozen-while-idle":
                        self.server.journal.settle(lambda events: any(e["event"] == "closed" for e in events), 2)
                self.query("second query", name)
        finally:
            if not self.hung:
                self.leave(name)

    def leave(self, name):
        """How a driver takes being closed after a failure is not the finding."""
        if "hung" in self.probe.wait(self.probe.send("close", on=name), 6.0):
            self.hung = True

    def run(self):
        """The first failure, and whether a further attempt of the application's ends it."""
        first, attempts = None, 0
        while attempts < self.plan.tries and not self.hung:
            if attempts:
                time.sleep(pause)
            attempts += 1
            self.took = 0.0
            try:
                self.once(self.plan.idles and attempts == 1)
                return (first or {"outcome": "ok", "seconds": self.took}) | {"attempts": attempts, "recovers": True}
            except Failed as failure:
                first = first or failure.report
        return first | {"attempts": attempts, "recovers": False if self.plan.tries > 1 else None}


def healthy(plan):
    if "instance" in plan.options:
        return HEALTHY_BROWSER
    return HEALTHY % ("strict" if plan.options.get("encrypt") == "strict" else "off")


def unoffered(plan, driver):
    """Why the driver has no such option; the cases of the drivers know."""
    wants = {"strict": "tls.strict"}.get(plan.options.get("encrypt"))
    if "instance" in plan.options:
        wants = "browser.instance"
    if plan.idles and driver in NO_SESSION:
        return NO_SESSION[driver]
    if not plan.options.get("trust", True) and driver in NO_AUTHORITY:
        return NO_AUTHORITY[driver]
    return not_offered(driver, types.SimpleNamespace(name=wants)) if wants else None


def observe(plan, probe, address, control=False):
    """One run; `address` is a loopback address that nobody else uses now, for UDP port 1434. `control`: without the fault."""
    why = unoffered(plan, probe.driver)
    if why:
        return Sighting({"outcome": "not offered", "text": why, "seconds": 0.0, "attempts": 0} | counted([]), [], False)
    with tempfile.TemporaryDirectory(prefix="tdsfake-") as made:
        folder = pathlib.Path(made)
        scenario, params = plan.path, dict(plan.params)
        if control:
            scenario, params = folder / "healthy.yaml", {}
            scenario.write_text(healthy(plan))
        options = DEFAULTS | plan.options
        if "instance" in options:
            params["host"] = address
        ca = folder / "ca.pem"
        with Server(folder, scenario, params, ["--ca-file", str(ca)]) as server:
            host, port = server.address
            options = {"host": host} | options | {"ca": str(ca), "port": None if "instance" in options else port}
            application = Application(plan, probe, server, options, control)
            report = application.run()
            if application.hung:
                probe.kill()
            # Its sockets are closed by now; a connection that vanished does not learn of it.
            server.journal.settle(every_connection_is_closed, 0.3)
            code = server.stop()
            events = list(server.journal.events)
    return Sighting(report | counted(events) | {"verify": "met" if code == 0 else "unmet"}, events, plan.was_met(events))


def every_connection_is_closed(events):
    return sum(e["event"] == "connect" for e in events) == sum(e["event"] == "closed" for e in events)


def counted(events):
    received = [e.get("message") for e in events if e["event"] == "received"]
    return {
        "connections": sum(e["event"] == "connect" for e in events),
        "logins": received.count("LOGIN7"), "attentions": received.count("ATTENTION"), "lookups": received.count("SSRP"),
    }
