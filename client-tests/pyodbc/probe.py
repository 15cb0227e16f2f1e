"""pyodbc over the ODBC driver of FreeTDS."""

import pathlib
import sys

import pyodbc

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import freetds, odbc, probe, serving  # noqa: E402

DRIVER = next(pathlib.Path("/usr/lib").glob("*/odbc/libtdsodbc.so"))
ENCRYPTION = {"off": "off", "login": "request", "on": "require"}
pyodbc.pooling = False


class Session(odbc.OdbcSession):
    def cancel(self):
        self.cursor.cancel()

    def limit(self, timeout):
        if timeout is not None:
            self.connection.timeout = timeout


def connection_string(options):
    if options["encrypt"] == "strict":
        raise serving.NotOffered("FreeTDS 1.3 has no TDS 8.0")
    keys = {
        "DRIVER": DRIVER, "SERVER": options["host"], "UID": freetds.user(options), "PWD": options["password"],
        "DATABASE": options["database"], "TDS_Version": options.get("tds", "7.4"),
        "Encryption": ENCRYPTION[options["encrypt"]],
    }
    freetds.not_offered(options)
    if options.get("packet_size"):
        keys["PacketSize"] = options["packet_size"]
    if options.get("instance"):
        keys["SERVER"] = f"{options['host']}\\{options['instance']}"
    else:
        keys["PORT"] = options["port"]
    if options.get("mars"):
        keys["MARS_Connection"] = "Yes"
    if options.get("intent") == "read-only":
        keys["ApplicationIntent"] = "ReadOnly"
    return ";".join(f"{key}={value}" for key, value in keys.items())


def open(options):  # noqa: A001: the name of the operation
    return Session(pyodbc.connect(connection_string(options), autocommit=True, timeout=options["timeout"]))


describe = odbc.describe

if __name__ == "__main__":
    probe.main(sys.modules[__name__])
