"""pymssql: DB-Library of FreeTDS, from Python."""

import pathlib
import sys

import pymssql

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import probe  # noqa: E402


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


def describe(exception):
    """pymssql puts (number, bytes) of the last message into the arguments, sometimes nested once more."""
    arguments = exception.args
    while arguments and isinstance(arguments[0], tuple):
        arguments = arguments[0]
    number = next((item for item in arguments if isinstance(item, int)), None)
    text = next((item for item in arguments if isinstance(item, (bytes, str))), str(exception))
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return {"type": type(exception).__name__, "number": number, "text": text.strip()}


if __name__ == "__main__":
    probe.main(sys.modules[__name__])
