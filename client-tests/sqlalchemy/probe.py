"""SQLAlchemy over pyodbc over the ODBC driver of FreeTDS: its dialect, its pool, its transactions."""

import importlib.util
import pathlib
import re
import sys
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import odbc, probe, serving  # noqa: E402

# This folder must not be found as the library of the same name.
sys.path[:] = [path for path in sys.path if pathlib.Path(path or ".").resolve() != pathlib.Path(__file__).resolve().parent]

import sqlalchemy  # noqa: E402

# What a connection string is, is known next door.
below = importlib.util.spec_from_file_location("pyodbc_probe", pathlib.Path(__file__).parent.parent / "pyodbc" / "probe.py")
pyodbc_probe = importlib.util.module_from_spec(below)
below.loader.exec_module(pyodbc_probe)


def engine(options):
    text = urllib.parse.quote(pyodbc_probe.connection_string(options))
    return sqlalchemy.create_engine(
        f"mssql+pyodbc:///?odbc_connect={text}", pool_size=1, max_overflow=0, connect_args={"timeout": options["timeout"]}
    )


class Session(serving.Session):
    def __init__(self, engine, connection):
        self.engine = engine
        self.connection = connection
        self.transaction = False

    def query(self, sql, params=(), timeout=None, prepared=False):
        if timeout is not None or prepared:
            raise serving.NotOffered("left to the driver below")
        names = iter(range(1, len(params) + 1))
        text = re.sub(r"\?", lambda _: f":p{next(names)}", sql)
        result = self.connection.execute(
            sqlalchemy.text(text), {f"p{i}": serving.to_native(one) for i, one in enumerate(params, 1)}
        )
        if result.returns_rows:
            rows = [[serving.to_json(value) for value in row] for row in result.fetchall()]
            found = {"columns": list(result.keys()), "rows": rows}
        else:
            found = {"affected": result.rowcount}
        if not self.transaction:
            self.connection.commit()
        return {"results": [found], "messages": []}

    def begin(self):
        self.transaction = True  # it begins by itself with the first statement

    def commit(self):
        self.connection.commit()
        self.transaction = False

    def rollback(self):
        self.connection.rollback()
        self.transaction = False

    def release(self):
        self.connection.close()

    def close(self):
        self.connection.close()
        self.engine.dispose()


def open(options):  # noqa: A001: the name of the operation
    made = engine(options)
    try:
        return Session(made, made.connect())
    except BaseException:
        made.dispose()
        raise


class Pool:
    def __init__(self, options):
        self.engine = engine(options)

    def acquire(self):
        return Session(self.engine, self.engine.connect())

    def close(self):
        self.engine.dispose()


pool = Pool


def describe(exception):
    """SQLAlchemy wraps what the driver below raised."""
    below = getattr(exception, "orig", None) or exception
    return odbc.describe(below) | {"type": type(exception).__name__}


if __name__ == "__main__":
    probe.main(sys.modules[__name__])
