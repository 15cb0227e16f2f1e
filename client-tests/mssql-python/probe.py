"""mssql-python: Microsoft's driver for Python, with Microsoft's ODBC driver inside."""

import os
import pathlib
import struct
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
    if options.get("token"):
        del keys["UID"], keys["PWD"]
    if options.get("new_password"):
        keys["PWD"] = options["new_password"]
    if options.get("reconnect"):
        keys |= {"ConnectRetryCount": 1, "ConnectRetryInterval": 1}
    if options.get("ca"):
        # OpenSSL, on which the driver's TLS stands, looks here for whom to trust.
        os.environ["SSL_CERT_FILE"] = options["ca"]
        # It compares names, not addresses.
        keys["HostnameInCertificate"] = "localhost"
    return ";".join(f"{key}={value}" for key, value in keys.items())


def open(options):  # noqa: A001: the name of the operation
    if options.get("tds"):
        raise serving.NotOffered("no keyword for it")
    if options.get("partner"):
        raise serving.NotOffered("no keyword for it")
    if options.get("domain"):
        raise serving.NotOffered("integrated logins by Kerberos only")
    # What has no keyword here is an attribute of the ODBC driver below: SQL_COPT_SS_MARS_ENABLED, SQL_COPT_SS_ACCESS_TOKEN (a
    # length and UTF-16), SQL_COPT_SS_OLDPWD, SQL_ATTR_PACKET_SIZE.
    before = {}
    if options.get("mars"):
        before[1224] = 1
    if options.get("token"):
        token = options["token"].encode("utf-16-le")
        before[1256] = struct.pack("<I", len(token)) + token
    if options.get("new_password"):
        before[1226] = options["password"]
    if options.get("packet_size"):
        before[112] = options["packet_size"]
    return Session(
        mssql_python.connect(connection_string(options), autocommit=True, attrs_before=before or None, timeout=options["timeout"])
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
