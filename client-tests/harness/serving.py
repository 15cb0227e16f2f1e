"""The long-lived half of a probe, for the drivers that are used from Python (`probe.py --serve`).

One process per driver carries out many cases: it reads commands, one JSON object per line, and answers each with one:
  {"id": 7, "op": "query", "on": "c1", "sql": "SELECT 1"}
  {"id": 7, "ok": {"results": [{"columns": ["a"], "rows": [[1]]}], "messages": []}}
  {"id": 7, "error": {"type": …, "number": …, "state": …, "class": …, "text": …}}
  {"id": 7, "not_offered": "why the driver's API has no such thing"}

Commands on one connection are carried out in order, on a thread of its own; `cancel` overtakes them.
  open      as, and options: host, port, user, password, database, timeout, tds, encrypt, ca, trust, packet_size, mars,
            intent, instance, autocommit, domain (NTLM), token (instead of user and password), fetched_token (the same, through a callback that is told of FEDAUTHINFO), new_password, partner {host, port, instance},
            reconnect (recover the session of a broken connection), pool (a pool of one connection; `acquire` and `release` use it)
  query     on, sql with ? for parameters; params [{type, value}]; timeout (seconds); prepared: through the prepared interface
  prepare   on, sql, types; as: the statement's name        execute  on, statement, values
  call      on, procedure, params [{name, type, value, out}]
  begin commit rollback cancel close acquire release        on
  bulk      on, table, columns [{name, type}], rows
  interleave  on, first, second: SQL of two results to be read row by row in turn; the answer has rows
  beside      on, first, second, leave: a row of the first is read, then all of the second, then the rest of the first, or it is
              cancelled or closed; the answer has the numbers of rows: of the second, and of the first behind its first
Values travel as JSON where JSON has them; decimals, dates, times and uniqueidentifiers as text, bytes as 0x….
"""

import datetime
import decimal
import json
import os
import queue
import sys
import threading
import uuid


class NotOffered(Exception):
    """The driver's API has no such thing: why."""


def to_json(value):
    """A value as the driver gave it, as text where JSON has no such type. Nothing is rounded or reformatted."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "0x" + bytes(value).hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return str(value)


FROM_TEXT = {
    "int": int, "bigint": int, "float": float, "bit": lambda text: text == "1", "nvarchar": str, "varchar": str,
    "decimal": decimal.Decimal, "varbinary": lambda text: bytes.fromhex(text[2:]), "date": datetime.date.fromisoformat,
    "datetime2": datetime.datetime.fromisoformat, "uniqueidentifier": uuid.UUID,
}


def to_native(typed):
    """A parameter: {"type": …, "value": text or null} as what a Python program would pass."""
    if "native" in typed:
        return typed["native"]
    return None if typed["value"] is None else FROM_TEXT[typed["type"]](typed["value"])


class Session:
    """What the shared cases do with a connection. An adapter overrides what its driver offers."""

    def __getattr__(self, operation):
        raise NotOffered(f"no {operation} in its API")


class Dbapi(Session):
    """A connection of a driver with Python's DB-API, and what they have in common."""

    placeholder = "?"

    def __init__(self, connection):
        self.connection = connection
        self.cursor = None

    def new_cursor(self):
        return self.connection.cursor()

    def query(self, sql, params=(), timeout=None, prepared=False):
        if prepared:
            raise NotOffered("the driver decides by itself what it prepares")
        self.limit(timeout)
        self.cursor = self.new_cursor()
        try:
            if params:
                self.cursor.execute(sql.replace("?", self.placeholder), tuple(to_native(one) for one in params))
            else:
                self.cursor.execute(sql)
            told = []
            return {"results": self.results(self.cursor, told), "messages": told}
        finally:
            self.cursor.close()

    def limit(self, timeout):
        if timeout is not None:
            self.connection.timeout = timeout

    def results(self, cursor, told=None):
        """All results; what the server said meanwhile goes to `told`, for the next result may wipe it out."""
        found, told = [], [] if told is None else told
        while True:
            if cursor.description:
                rows = [[to_json(value) for value in row] for row in cursor.fetchall()]
                found.append({"columns": [column[0] for column in cursor.description], "rows": rows})
            else:
                found.append({"affected": cursor.rowcount})
            told += self.messages(cursor)
            if not cursor.nextset():
                return found

    def messages(self, cursor):
        return []

    def interleave(self, first, second):
        """Two results at once: a row of one, a row of the other."""
        cursors = self.new_cursor(), self.new_cursor()
        for cursor, sql in zip(cursors, (first, second)):
            cursor.execute(sql)
        rows = []
        while all(pair := [cursor.fetchone() for cursor in cursors]):
            rows.append([to_json(row[0]) for row in pair])
        for cursor in cursors:
            cursor.close()
        return {"rows": rows}

    def beside(self, first, second, leave=None):
        """A result that stays unread while another is asked for and read. `leave`: after its first row, while the other
        has one to go, the first is given up by cancel or close, instead of being read at last."""
        one, other = self.new_cursor(), self.new_cursor()
        one.execute(first)
        one.fetchone()
        other.execute(second)
        seen = 1 if other.fetchone() else 0
        if leave:
            self.give_up(one, leave)
        seen += len(other.fetchall())
        rest = 0 if leave else len(one.fetchall())
        if leave == "cancel":
            one.execute(second)
            rest = len(one.fetchall())
        for cursor in (other, one) if leave != "close" else (other,):
            cursor.close()
        return {"second": seen, "first": rest}

    def give_up(self, cursor, how):
        if not hasattr(cursor, how):
            raise NotOffered(f"its cursors have no {how}")
        getattr(cursor, how)()

    def begin(self):
        """DB-API: a transaction begins by itself when autocommit is off."""
        self.connection.autocommit = False

    def end(self, how):
        getattr(self.connection, how)()
        self.connection.autocommit = True

    def commit(self):
        self.end("commit")

    def rollback(self):
        self.end("rollback")

    def close(self):
        self.connection.close()


def say(lock, record):
    with lock:
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()


class Server:
    def __init__(self, adapter):
        self.adapter = adapter
        self.sessions = {}
        self.pools = {}
        self.queues = {}
        self.lock = threading.Lock()

    def answer(self, number, work):
        try:
            record = {"id": number, "ok": work() or {}}
        except NotOffered as why:
            record = {"id": number, "not_offered": str(why)}
        except BaseException as exception:  # whatever the driver raises is the finding
            record = {"id": number, "error": {"state": None, "class": None} | self.adapter.describe(exception)}
        say(self.lock, record)

    def open(self, name, options):
        pool = getattr(self.adapter, "pool", None)
        if options.get("pool"):
            if pool is None:
                raise NotOffered("it has no pool")
            self.pools[name] = pool(options)
        else:
            self.sessions[name] = self.adapter.open(options)

    def carry_out(self, name, operation, fields):
        if operation == "open":
            return self.open(name, fields)
        if operation == "acquire":
            self.sessions[name] = self.pools[fields["pool"]].acquire()
            return None
        if operation == "close" and name in self.pools:
            return self.pools.pop(name).close()
        if operation == "release" and not hasattr(type(self.sessions[name]), "release"):
            operation = "close"  # to give back is to close, where the pool is inside the driver
        result = getattr(self.sessions[name], operation)(**fields)
        if operation in ("close", "release"):
            self.sessions.pop(name, None)
        return result

    def work_off(self, waiting):
        while True:
            number, name, operation, fields = waiting.get()
            self.answer(number, lambda: self.carry_out(name, operation, fields))

    def take(self, command):
        number, operation = command.pop("id"), command.pop("op")
        name = command.pop("as", None) if operation in ("open", "acquire") else command.pop("on", None)
        if operation == "cancel":
            return self.answer(number, lambda: self.carry_out(name, operation, command))
        if name not in self.queues:
            self.queues[name] = queue.Queue()
            threading.Thread(target=self.work_off, args=(self.queues[name],), daemon=True).start()
        self.queues[name].put((number, name, operation, command))


def serve(adapter):
    server = Server(adapter)
    say(server.lock, {"event": "loaded"})
    for line in sys.stdin:
        server.take(json.loads(line))
    # The connections of a driver that is in the middle of something must not keep the process.
    sys.stdout.flush()
    os._exit(0)
