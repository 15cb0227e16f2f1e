"""What a case of the drivers is written with: a driver that is told what to do, a server whose journal is looked at.

Everything that is not as the case says raises Mismatch, the only failure that a deviation or a red control accepts.
"""

import contextlib
import dataclasses

from harness.server import HarnessError, patience

moment = 60.0  # seconds in which a driver does anything that is not about waiting, on the slowest of machines


class Mismatch(AssertionError):
    """What was seen is not what the case says: the only failure that a red control accepts."""


class Hung(Mismatch):
    """No answer in time; the probe cannot be used any more."""


class NotOffered(HarnessError):
    """The driver's API has no such thing. To be said beforehand in driver_cases/offers.py."""


class Refused(Mismatch):
    """The driver reported an error; to be caught by `fails`."""

    def __init__(self, error):
        super().__init__(f"the driver reported {error}")
        self.error = error


@dataclasses.dataclass
class Answer:
    results: list
    messages: list = dataclasses.field(default_factory=list)
    outputs: dict = dataclasses.field(default_factory=dict)
    returned: object = None

    @property
    def tables(self):
        return [one for one in self.results if "rows" in one]

    @property
    def rows(self):
        tables = self.tables
        expect(len(tables) == 1, f"{len(tables)} tables, not one: {self.results}")
        return tables[0]["rows"]

    @property
    def value(self):
        expect(bool(self.rows), "no row")
        return self.rows[0][0]

    @property
    def affected(self):
        """The row counts that were told; -1 is how DB-API says nothing."""
        return [one["affected"] for one in self.results if one.get("affected", -1) not in (-1, None)]


def expect(holds, text):
    if not holds:
        raise Mismatch(text)


def equal(what, seen, wanted):
    expect(seen == wanted, f"{what} is {seen!r}, not {wanted!r}")


class Connection:
    def __init__(self, talk, name):
        self.talk = talk
        self.name = name

    def do(self, operation, within=moment, **fields):
        return self.talk.finish(self.start(operation, **fields), within)

    def start(self, operation, **fields):
        return self.talk.probe.send(operation, on=self.name, **fields)

    def finish(self, number, within=moment):
        return answer_of(self.talk.finish(number, within))

    def query(self, sql, *params, within=moment, **more):
        fields = {"sql": sql} | ({"params": [{"type": t, "value": v} for t, v in params]} if params else {}) | more
        return answer_of(self.do("query", within, **fields))

    def call(self, procedure, params):
        return answer_of(self.do("call", procedure=procedure, params=params))

    def __getattr__(self, operation):
        """begin, commit, rollback, cancel, close, release, bulk, prepare, execute …"""
        if operation.startswith("_"):
            raise AttributeError(operation)
        return lambda **fields: self.do(operation, **fields)


def answer_of(fields):
    return Answer(fields.get("results", []), fields.get("messages", []), fields.get("outputs", {}), fields.get("return"))


class Talk:
    """One case with one driver against one server."""

    def __init__(self, driver, probes, server, defaults):
        self.driver = driver
        self.probes = probes
        self.probe = probes.get(driver)
        self.server = server
        self.defaults = defaults
        self.names = iter(range(1, 1000))
        self.open_names = []

    def open(self, within=moment, **options):
        """Connects and logs in."""
        name = f"c{next(self.names)}"
        fields = self.defaults | {"host": self.server.address[0], "port": self.server.address[1]} | options
        self.finish(self.probe.send("open", **{"as": name}, **fields), within)
        self.open_names.append(name)
        return Connection(self, name)

    def acquire(self, pool):
        """A connection of a pool that was opened with pool=True."""
        name = f"c{next(self.names)}"
        self.finish(self.probe.send("acquire", pool=pool.name, **{"as": name}), moment)
        self.open_names.append(name)
        return Connection(self, name)

    def finish(self, number, within=moment):
        answer = self.probe.wait(number, within)
        if "hung" in answer:
            self.probes.discard(self.driver)
            raise Hung(f"the driver gave no answer within {within} s")
        if "not_offered" in answer:
            raise NotOffered(answer["not_offered"])
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["ok"]

    @contextlib.contextmanager
    def fails(self, number=None, text=None, state=None, severity=None):
        """What is inside must fail: with this number, state and class as far as the driver hands them on at all."""
        try:
            yield
        except Refused as refused:
            error = refused.error
            seen = str(error.get("text", ""))
            if number is not None and error.get("number") is not None:
                wanted = number if isinstance(number, tuple) else (number,)
                expect(error["number"] in wanted, f"the driver reports number {error['number']}, not {number}: {error}")
            if text is not None:
                expect(text in seen, f"the driver's text lacks {text!r}: {error}")
            for field, wanted in (("state", state), ("class", severity)):
                if wanted is not None and error.get(field) is not None:
                    equal(f"the {field} that the driver reports", error[field], wanted)
            self.error = error
            return
        raise Mismatch("the driver reported no error")

    # ------------------------------------------------------------------------------------------- the journal

    @property
    def events(self):
        """What the journal has, once it has stopped growing: it is written some milliseconds behind."""
        return self.server.journal.quiet()

    def connections(self):
        """How many there have been; the journal may be behind even the login that has just been answered."""
        self.server.journal.settle(lambda events: any(e.get("message") == "LOGINACK" for e in events), patience)
        return sum(e["event"] == "connect" for e in self.events)

    def received(self, message=None, **fields):
        return [e for e in self.events if e["event"] == "received" and (message is None or e.get("message") == message)
                and all(e.get(name) == value for name, value in fields.items())]

    def sees(self, what, wanted, seconds=moment):
        """Waits until the journal has it; a case that never sees it does not hold."""
        try:
            self.server.journal.wait_for(what, wanted, seconds)
        except HarnessError as late:
            raise Mismatch(str(late)) from None

    def sees_request(self, fragment, within=moment):
        """A batch or RPC whose SQL or procedure contains this has been read."""
        self.sees(f"a request with {fragment!r}", lambda events: any(
            e["event"] == "received" and fragment in f"{e.get('sql', '')} {e.get('procedure', '')}" for e in events), within)

    def first(self, message):
        """The first such message, waited for: the journal may be behind."""
        self.sees_message(message)
        return self.received(message)[0]

    def sees_message(self, message, count=1, within=moment):
        self.sees(f"{count} of {message}", lambda events: sum(
            e["event"] == "received" and e.get("message") == message for e in events) >= count, within)

    def leave(self):
        """Closes what the case left open. How a driver takes that is not the finding."""
        for name in self.open_names:
            if self.driver in self.probes.by_driver and self.probes.by_driver[self.driver] is self.probe:
                if "hung" in self.probe.wait(self.probe.send("close", on=name), 3.0):
                    self.probes.discard(self.driver)


__all__ = ["Answer", "Connection", "Hung", "Mismatch", "NotOffered", "Refused", "Talk", "equal", "expect", "patience"]
