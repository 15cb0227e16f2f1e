"""pytds (python-tds): TDS in pure Python."""

import pathlib
import sys

import pytds
from pytds import tds_base
from pytds.connection_pool import connection_pool

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import probe, serving  # noqa: E402


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


class ServedSession(serving.Dbapi):
    placeholder = "%s"

    def limit(self, timeout):
        """Its timeout is of the connection: what connect(timeout=…) does to the socket once it is logged in."""
        if timeout is not None:
            self.connection._tds_socket.sock.settimeout(timeout)

    def messages(self, cursor):
        """They pile up in the cursor."""
        new = (cursor.messages or [])[self.told :]
        self.told += len(new)
        return [
            {"number": told.msg_no, "state": told.state, "class": told.severity, "text": told.text} for _, told in new
        ]

    def query(self, sql, params=(), timeout=None, prepared=False):
        # Bytes are text to it unless they are said to be binary.
        self.told = 0
        return super().query(sql, [one | {"native": binary(one)} for one in params], timeout, prepared)

    def cancel(self):
        self.cursor.cancel()

    def begin(self):
        self.connection.autocommit = False

    def call(self, procedure, params):
        cursor = self.connection.cursor()
        self.told = 0
        values = [
            pytds.output(value=serving.to_native(one), param_type=one["type"]) if one.get("out")
            else serving.to_native(one) for one in params
        ]
        outputs = cursor.callproc(procedure, values)  # its get_proc_outputs() fails unless each parameter is an output
        results = self.results(cursor)
        names = [one["name"] for one in params if one.get("out")]
        found = [value for value, one in zip(outputs, params) if one.get("out")]
        return {"results": results, "outputs": {n: serving.to_json(v) for n, v in zip(names, found)},
                "return": cursor.get_proc_return_status(), "messages": self.messages(cursor)}

    def bulk(self, table, columns, rows):
        from pytds.tds_base import Column
        from pytds import tds_types

        kinds = {"int": tds_types.IntType(), "nvarchar": tds_types.NVarCharType(30)}
        typed = [
            tuple(serving.to_native({"type": column["type"], "value": value}) for column, value in zip(columns, row))
            for row in rows
        ]
        with self.connection.cursor() as cursor:
            cursor.copy_to(
                data=typed, table_or_view=table, columns=[Column(one["name"], type=kinds[one["type"]]) for one in columns]
            )


def binary(typed):
    value = serving.to_native(typed)
    return pytds.Binary(value) if isinstance(value, bytes) else value


VERSIONS = {"7.0": tds_base.TDS70, "7.1": tds_base.TDS71, "7.2": tds_base.TDS72, "7.3": tds_base.TDS73B, "7.4": tds_base.TDS74}


def open(options):  # noqa: A001: the name of the operation
    if options["encrypt"] == "strict":
        raise serving.NotOffered("no TDS 8.0")
    more = {}
    if options["encrypt"] != "off":
        more = {"cafile": options["ca"], "validate_host": not options.get("trust", False),
                "enc_login_only": options["encrypt"] == "login"}
    if options.get("pool"):
        more["pooling"] = True
    if options.get("domain"):
        raise serving.NotOffered("wants the package ntlm-auth, which is no longer maintained")
    if options.get("new_password") or options.get("reconnect") or options.get("partner"):
        raise serving.NotOffered("no such thing, or on the principal's port only")
    identity = {"user": options["user"], "password": options["password"]}
    if options.get("token"):
        identity = {"access_token_callable": lambda: options["token"]}
    host = options["host"] + ("\\" + options["instance"] if options.get("instance") else "")
    return ServedSession(
        pytds.connect(
            dsn=host, port=options.get("port"), database=options["database"], login_timeout=options["timeout"], autocommit=True,
            tds_version=VERSIONS[options.get("tds", "7.4")], use_mars=options.get("mars", False),
            readonly=options.get("intent") == "read-only", blocksize=options.get("packet_size", 4096),
            disable_connect_retry=not options.get("as_shipped"), **identity, **more,
        )
    )


class Pool:
    """pytds pools by itself: a connection that is closed can be the next one."""

    def __init__(self, options):
        self.options = options

    def acquire(self):
        return open(self.options)

    def close(self):
        """It is one for the whole process: what is left in it would be taken for a server that has this port later on."""
        connection_pool._pool.clear()


pool = Pool


def describe(exception):
    number = getattr(exception, "number", None) or getattr(exception, "msg_no", None)
    cause = exception.__cause__
    text = str(exception) or repr(exception)
    if cause is not None:
        text += f" (caused by {type(cause).__name__}: {cause})"
    return {"type": type(exception).__name__, "number": number or None, "text": text,
            "state": getattr(exception, "state", None), "class": getattr(exception, "severity", None)}


if __name__ == "__main__":
    probe.main(sys.modules[__name__])
