"""mssql-python: Microsoft's driver for Python, with Microsoft's ODBC driver inside."""

import os
import pathlib
import sys

import mssql_python

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import odbc, probe, serving  # noqa: E402

ENCRYPTION = {"login": "no", "on": "yes", "strict": "strict"}


class Session(odbc.OdbcSession):
    def begin(self):
        self.connection.setautocommit(False)

    def end(self, how):
        getattr(self.connection, how)()
        self.connection.setautocommit(True)

    def bulk(self, table, columns, rows):
        typed = [
            tuple(serving.to_native({"type": column["type"], "value": value}) for column, value in zip(columns, row))
            for row in rows
        ]
        cursor = self.connection.cursor()
        cursor.bulkcopy(table, typed)
        cursor.close()


def connection_string(options):
    if options["encrypt"] == "off":
        # The driver always offers TLS; against a server without it, Encrypt=no is a login in clear text.
        options = options | {"encrypt": "login"}
    server = options["host"]
    server += f"\\{options['instance']}" if options.get("instance") else f",{options['port']}"
    keys = {
        "Server": server, "UID": options["user"], "PWD": options["password"], "Database": options["database"],
        "Encrypt": ENCRYPTION[options["encrypt"]],
    }
    if options.get("trust", True) and options["encrypt"] != "strict":
        keys["TrustServerCertificate"] = "yes"
    if options.get("intent") == "read-only":
        keys["ApplicationIntent"] = "ReadOnly"
    if options.get("ca"):
        # OpenSSL, on which the driver's TLS stands, looks here for whom to trust.
        os.environ["SSL_CERT_FILE"] = options["ca"]
        # It compares names, not addresses.
        keys["HostnameInCertificate"] = "localhost"
    return ";".join(f"{key}={value}" for key, value in keys.items())


def open(options):  # noqa: A001: the name of the operation
    if options.get("tds"):
        raise serving.NotOffered("no keyword for it")
    # MARS has no keyword here, but the attribute of the ODBC driver below (SQL_COPT_SS_MARS_ENABLED).
    before = {1224: 1} if options.get("mars") else None
    return Session(
        mssql_python.connect(connection_string(options), autocommit=True, attrs_before=before, timeout=options["timeout"])
    )


class Pool:
    """The pool of the driver: with it, a connection that is closed is kept for the next one with the same string."""

    def __init__(self, options):
        mssql_python.pooling(max_size=1, enabled=True)
        self.options = options

    def acquire(self):
        return open(self.options)

    def close(self):
        mssql_python.pooling(enabled=False)


pool = Pool
mssql_python.pooling(enabled=False)


def describe(exception):
    """The text of the server's message; this driver hands on neither number nor state nor class."""
    return {"type": type(exception).__name__, "number": None, "text": str(exception)}


if __name__ == "__main__":
    probe.main(sys.modules[__name__])
