"""pymssql: DB-Library of FreeTDS, from Python."""

import pathlib
import sys

import pymssql

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import freetds, probe, serving  # noqa: E402


class Session:
    def __init__(self, connection):
        self.connection = connection

    def query(self, sql):
        cursor = self.connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall()

    def close(self):
        self.connection.close()


def connect(options):
    return Session(
        pymssql.connect(
            server=options.host + ("\\" + options.instance if options.instance else ""),
            port="" if options.instance else options.port,
            user=options.user,
            password=options.password,
            database=options.database,
            login_timeout=options.timeout,
            timeout=options.timeout,
            autocommit=True,
        )
    )


class ServedSession(serving.Dbapi):
    placeholder = "%s"

    def __init__(self, connection):
        super().__init__(connection)
        self.told = []
        connection._conn.set_msghandler(self.tell)

    def tell(self, state, severity, server, procedure, line, text):
        self.told.append({"state": state, "class": severity, "text": text.decode()})

    def limit(self, timeout):
        if timeout is not None:
            self.connection._conn.query_timeout = timeout

    def messages(self, cursor):
        told, self.told = self.told, []
        return told

    def begin(self):
        self.connection.autocommit(False)

    def end(self, how):
        getattr(self.connection, how)()
        self.connection.autocommit(True)

    def cancel(self):
        raise serving.NotOffered("DB-Library's dbcancel() must be called by the thread that waits")

    def call(self, procedure, params):
        cursor = self.connection.cursor()
        values = [
            pymssql.output(PYTHON[one["type"]], None if one["value"] is None else serving.to_native(one))
            if one.get("out") else serving.to_native(one) for one in params
        ]
        outputs = cursor.callproc(procedure, values)
        results = self.results(cursor)
        names = [one["name"] for one in params if one.get("out")]
        found = [value for value, one in zip(outputs, params) if one.get("out")]
        return {"results": results, "outputs": {n: serving.to_json(v) for n, v in zip(names, found)},
                "return": cursor.returnvalue, "messages": self.messages(cursor)}

    def bulk(self, table, columns, rows):
        typed = [
            tuple(serving.to_native({"type": column["type"], "value": value}) for column, value in zip(columns, row))
            for row in rows
        ]
        self.connection.bulk_copy(table, typed)


PYTHON = {"int": int, "nvarchar": str, "varchar": str, "float": float, "bit": bool}
ENCRYPTION = {"off": "off", "login": "request", "on": "require", "strict": "strict"}


def open(options):  # noqa: A001: the name of the operation
    freetds.not_offered(options)
    if options.get("packet_size"):
        raise serving.NotOffered("no option for it")
    return ServedSession(
        pymssql.connect(
            server=options["host"] + ("\\" + options["instance"] if options.get("instance") else ""),
            port=options.get("port", 1433), user=freetds.user(options), password=options["password"],
            database=options["database"], login_timeout=options["timeout"], timeout=0, autocommit=True,
            tds_version=options.get("tds", "7.4"), encryption=ENCRYPTION[options["encrypt"]],
            **({"read_only": True} if options.get("intent") == "read-only" else {}),
        )
    )


def describe(exception):
    """pymssql puts (number, bytes) of the last message into the arguments, sometimes nested once more."""
    arguments = exception.args
    while arguments and isinstance(arguments[0], tuple):
        arguments = arguments[0]
    number = next((item for item in arguments if isinstance(item, int)), None)
    text = next((item for item in arguments if isinstance(item, (bytes, str))), str(exception))
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    told = exception.__context__ or exception  # the exception of the module below has what the server said
    return {"type": type(exception).__name__, "number": number, "text": text.strip(),
            "state": getattr(told, "state", None), "class": getattr(told, "severity", None)}


if __name__ == "__main__":
    probe.main(sys.modules[__name__])
