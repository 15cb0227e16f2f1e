"""What a driver does not offer, and where one deviates. Patterns as of fnmatch; the first that fits counts."""

import dataclasses
import fnmatch


@dataclasses.dataclass(frozen=True)
class Deviation:
    """A driver that does not do what the case says, though it has an API for it. `seen` is a fragment of what the case then
    reports: so the test fails when the driver begins to behave, or misbehaves in another way."""

    seen: str
    reason: str
    source: str
    sometimes: bool = False   # a race inside the driver: it may also behave


NO_STRICT = {"tls.strict*": "no TDS 8.0"}
TRUSTS_ALL = {"tls.untrusted": "checks no certificate unless told so in freetds.conf"}
FREETDS = {
    "login.token": "no login by token", "login.fedauthinfo": "no login by token", "login.new-password": "no change of passwords", "login.partner": "no failover partner",
    "login.packets-512": "4096 bytes at least in TDS 7.0 and newer", "session.recovered": "no session recovery",
}
COMMAND_LINE = FREETDS | TRUSTS_ALL | NO_STRICT | {
    "parameters.*": "sends text", "prepared.*": "sends text", "procedure.*": "sends text", "bulk.*": "that is freebcp",
    "cancel.*": "only by a signal", "timeout.query": "no timeouts", "pool.*": "no pool", "mars.*": "no MARS",
    "transaction.*": "by SQL text only",
}
DATES_AS_TEXT = {
    f"type.{name}*": "prints dates and times in the form of its locale, to the minute" for name in ("date", "time", "smalldatetime")
}
NODE = {
    "connect.tds-7.0": "speaks 7.1 and newer", "tls.*-login": "no TLS for the login alone", "mars.*": "no MARS",
    "login.new-password": "no change of passwords", "login.partner": "no failover partner",
    "session.recovered": "no session recovery",
}
ONE_VERSION = {"connect.tds-*": "no choice of version"}

NOT_OFFERED = {
    "tsql": COMMAND_LINE | DATES_AS_TEXT | {"query.affected": "tells the row counts of results only", "timeout.login": "no timeouts"},
    "bsqldb": COMMAND_LINE | DATES_AS_TEXT | {
        "type.*char(?)": "prints columns of one width, blanks at the end are no values",
        "type.var*(max)": "prints types of unlimited length in hex", "type.nvarchar(max)": "prints types of unlimited length in hex",
        "type.varbinary(20)": "prints an empty value as NULL",
        "query.affected": "tells row counts in no form to rely on", "query.fatal": "one connection per statement",
        "query.error": "one connection per statement",
    },
    "pymssql": FREETDS | TRUSTS_ALL | NO_STRICT | {
        "login.packets-32767": "in freetds.conf only",
        "prepared.*": "writes parameters into the text", "cancel.*": "no cancel", "pool.*": "no pool", "mars.*": "no MARS",
    },
    "pytds": NO_STRICT | {
        "login.fedauthinfo": "sends its token with LOGIN7",
        "login.ntlm": "wants the package ntlm-auth, which is no longer maintained",
        "login.new-password": "no change of passwords", "login.partner": "on the principal's port only",
        "session.recovered": "no session recovery",
        "connect.tds-7.0": "speaks 7.1 and newer", "prepared.*": "no statement objects",
        "cancel.*": "cancel() is for the thread that executes, which is busy then",
    },
    "pyodbc": FREETDS | TRUSTS_ALL | NO_STRICT | {
        "procedure.*": "binds input parameters only", "pool.*": "unixODBC's, not its own", "bulk.*": "no bulk interface",
        "prepared.*": "no statement objects",
    },
    "mssql-python": ONE_VERSION | {
        "login.fedauthinfo": "sends its token with LOGIN7",
        "mars.cancel": "no cancel", "login.ntlm": "integrated logins by Kerberos only", "login.partner": "no keyword for it",
        "procedure.*": "binds input parameters only", "cancel.*": "no cancel",
        "prepared.*": "no statement objects",
    },
    "sqlalchemy": FREETDS | TRUSTS_ALL | NO_STRICT | {
        "query.several-results": "one result per statement", "procedure.*": "left to the driver below",
        "bulk.*": "left to the driver below", "cancel.*": "left to the driver below", "mars.*": "left to the driver below",
        "pool.reset": "rolls back, resets nothing", "timeout.query": "left to the driver below", "prepared.*": "left to the driver below", "query.print": "no messages",
        "query.raiserror-10": "no messages",
    },
    "tedious": NODE | {"pool.*": "no pool"},
    "node-mssql": NODE | {"pool.reset": "its pool resets nothing"},
    "knex": NODE | {
        "login.fedauthinfo": "takes no callback for a token",
        "query.several-results": "one array of rows per query", "query.affected": "raw() tells no row counts",
        "query.print": "no messages", "query.raiserror-10": "no messages", "cancel.*": "no cancel for this dialect",
        "timeout.query": "no cancel for this dialect", "pool.reset": "its pool resets nothing", "prepared.*": "no statement objects",
        "procedure.*": "raw SQL only", "bulk.*": "batches of INSERT, no bulk load",
    },
    "mssql-jdbc": ONE_VERSION | {"login.new-password": "no change of passwords", "mars.*": "no MARS", "pool.*": "no pool of its own"},
    "jtds": NO_STRICT | {
        "login.token": "no login by token", "login.fedauthinfo": "no login by token", "login.new-password": "no change of passwords", "login.partner": "no failover partner",
        "login.packets-32767": "32256 bytes at most", "session.recovered": "no session recovery",
        "connect.tds-7.[234]": "speaks 7.0 and 7.1", "mars.*": "no MARS", "pool.*": "no pool of its own",
        "login.read-only": "no keyword", "bulk.*": "no bulk interface",
    },
    "hikaricp": ONE_VERSION | {
        "login.new-password": "no change of passwords",
        "mars.*": "no MARS", "pool.reset": "resets what was set through JDBC, not the session", "bulk.*": "left to the driver below",
    },
    "go-mssqldb": ONE_VERSION | {
        "session.recovered": "no session recovery",
        "prepared.*": "prepares nothing on the server: sp_executesql each time",
        "mars.*": "no MARS", "pool.*": "database/sql's"},
    "database-sql": ONE_VERSION | {
        "session.recovered": "no session recovery",
        "prepared.*": "prepares nothing on the server: sp_executesql each time", "mars.*": "no MARS",
    },
    "tiberius": ONE_VERSION | NO_STRICT | {
        "login.fedauthinfo": "sends its token with LOGIN7",
        "login.ntlm": "on Windows only", "login.new-password": "no change of passwords", "login.partner": "no failover partner",
        "login.packets-*": "no packet size", "session.recovered": "no session recovery",
        "transaction.*": "by SQL text only", "pool.*": "no pool", "cancel.*": "no cancel", "timeout.query": "no timeouts",
        "mars.*": "no MARS", "prepared.*": "prepares nothing by itself", "procedure.*": "no output parameters",
        "query.print": "its log only", "query.raiserror-10": "its log only",
    },
}

CLEAR_TEXT = Deviation(
    "the driver reported no error", "with encrypt:true it logs in in clear text when the server answers that it has no TLS",
    "tedious 19.2.2, lib/connection.js: TLS is begun only when the answer is ON or REQ; the journal shows its LOGIN7",
)
LOGIN_TIMEOUT = Deviation(
    "the driver gave no answer within", "waits for ever for the answer to its login: loginTimeout bounds the TCP connect only",
    "mssql-jdbc 13.4.0: reading waits socketTimeout, which is 0 by default; the journal shows LOGIN7 and then nothing",
)
NOT_LOOKED = Deviation(
    "Connection reset", "looks whether its connection lives only when it was idle for more than 15 s; then it recovers",
    "mssql-jdbc 13.4.0, SQLServerConnection.IdleNetworkTracker; the journal shows one login",
)
PYTHON_DATES = {
    f"type.{name}": Deviation(
        "04:05.123456'", "a Python time has microseconds: the last digit of 100 ns is cut off", "the datetime module of Python",
    )
    for name in ("time(7)", "datetime2(7)")
}
JAVASCRIPT_NUMBERS = {
    f"type.{name}": Deviation("the driver gives", "decimals become JavaScript numbers, which have 53 bits",
                              "tedious 19.2.2, lib/value-parser.js: value / 10 ** scale")
    for name in ("decimal(18,4)", "decimal(38,0)", "money", "money-not-null")
}
JAVASCRIPT = {"tls.not-supported": CLEAR_TEXT} | JAVASCRIPT_NUMBERS | {
    "type.datetimeoffset(3)": Deviation("02:04:05.123", "a JavaScript Date is an instant: the offset is lost", "ECMAScript's Date"),
}
DEVIATIONS = {
    "bsqldb": {
        "type.decimal(38,0)": Deviation("free(): invalid", "corrupts its memory when it prints 38 digits", "FreeTDS 1.3.17, bsqldb"),
        "type.uniqueidentifier": Deviation("type 36 not supported", "cannot print the type", "FreeTDS 1.3.17, bsqldb.c says so itself"),
    },
    "mssql-python": PYTHON_DATES,
    "pyodbc": PYTHON_DATES | {
        "type.datetimeoffset(3)": Deviation("ODBC SQL type -155 is not yet supported", "has no such type unless the application "
                                            "brings a converter", "pyodbc's own message"),
    },
    "sqlalchemy": PYTHON_DATES | {
        "query.error-after-rows": Deviation(
            "the driver reported no error", "reads the rows and asks for no further result, where the error would be told",
            "SQLAlchemy 2.1.9 never calls nextset(); the journal shows that the ERROR was sent",
        ),
    },
    "tsql": {
        "query.fatal": Deviation(
            "0 tables", "says nothing at all of the dead connection at the next statement, and goes on",
            "FreeTDS 1.3.17; the journal shows that the connection has ended, tsql prints neither row nor error",
        ),
    },
    "pymssql": PYTHON_DATES | {
        "login.wrong-[pu]*": Deviation(
            "the driver's text lacks", "drops the server's text when an earlier login of the process failed with the same class",
            "pymssql 2.4.6: the class of the last message is kept for all connections; of 1500 equal failures the first has the text",
            sometimes=True,
        ),
        "timeout.query": Deviation(
            "1 of ATTENTION", "closes the connection instead of cancelling the query",
            "pymssql 2.4.6: its error handler answers a timeout with INT_CANCEL, upon which DB-Library gives the connection up",
        ),
    },
    "pytds": PYTHON_DATES | {
        "mars.first-leaves-full": Deviation(
            "Unexpected EOF while reading SMP header", "acknowledges data of a session after its own FIN, whereupon a server "
            "closes the connection", "python-tds 1.17.1; MC-SMP 3.1.5.1.2, an ACK in the FIN RECEIVED state; the journal shows it",
            sometimes=True,
        ),
    },
    "tedious": JAVASCRIPT,
    "node-mssql": JAVASCRIPT,
    "knex": JAVASCRIPT,
    "mssql-jdbc": {"timeout.login": LOGIN_TIMEOUT, "session.recovered": NOT_LOOKED},
    "hikaricp": {"timeout.login": LOGIN_TIMEOUT, "session.recovered": NOT_LOOKED},
    "tiberius": {
        f"type.{name}": Deviation("-922337203685477.6", "money becomes a float", "tiberius 0.12.3, src/tds/codec/column_data/money.rs")
        for name in ("money", "money-not-null")
    },
    "jtds": {
        "routing.followed": Deviation(
            "no answer for", "ignores that it is sent elsewhere, and stays", "jTDS 1.3.1 knows no ENVCHANGE 20; the journal shows one login",
        ),
        "tls.off-login": Deviation(
            "Socket closed", "swallows a login answer that comes at once: closing its TLS layer, the JDK waits for close_notify and "
            "reads the answer in clear instead", "jTDS 1.3.1 on JDK 17: 60 of 60 logins work when the answer comes 200 ms later",
            sometimes=True,
        ),
    },
}


def found(patterns, name):
    return next((value for pattern, value in patterns.items() if fnmatch.fnmatchcase(name, pattern)), None)


def not_offered(driver, case):
    return found(NOT_OFFERED.get(driver, {}), case.name)


def deviation(driver, case):
    return found(DEVIATIONS.get(driver, {}), case.name)
