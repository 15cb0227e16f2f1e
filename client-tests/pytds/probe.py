"""pytds (python-tds): TDS in pure Python."""

import pathlib
import sys

import pytds

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import probe  # noqa: E402


class Session:
    def __init__(self, connection):
        self.connection = connection

    def query(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def close(self):
        self.connection.close()


def connect(options):
    return Session(
        pytds.connect(
            dsn=options.host + ("\\" + options.instance if options.instance else ""),
            port=None if options.instance else options.port,
            user=options.user,
            password=options.password,
            database=options.database,
            login_timeout=options.timeout,
            timeout=options.timeout,
            autocommit=True,
            pooling=False,
        )
    )


def describe(exception):
    number = getattr(exception, "number", None) or getattr(exception, "msg_no", None)
    cause = exception.__cause__
    text = str(exception) or repr(exception)
    if cause is not None:
        text += f" (caused by {type(cause).__name__}: {cause})"
    return {"type": type(exception).__name__, "number": number or None, "text": text}


if __name__ == "__main__":
    probe.main(sys.modules[__name__])
