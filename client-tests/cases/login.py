"""Failures of the login."""

from cases.case import Does, case, error, hung, ok

REJECTED = Does(connections=1, logins=1, requests=0, reached="login", closed="server FIN")


def rejected(scenario, number, text, **more):
    """A login error that a client does not try again, unless `more` says so."""
    return case(
        scenario, action="connect", does=REJECTED,
        **{
            "tsql": error(number, text, phase="connect", type="Msg"),
            "pymssql": error(number, text, phase="connect", type="OperationalError"),
            "pytds": error(number, text, phase="connect"),
            "tedious": error(None, text, phase="connect", type="ELOGIN"),
        } | more,
    )


CASES = [
    case(
        "login-stall", action="connect", does=Does(connections=1, logins=1, reached="login", closed="client FIN"),
        tsql=hung("connect"),
        pymssql=error(20002, "connection timed out", phase="connect", seconds=(1.9, 5)),
        pytds=error(None, "TimeoutError: timed out", phase="connect", type="TimeoutError", seconds=(1.9, 5),
                    does=Does(connections=(2, 6), logins=(2, 6))),
        tedious=error(None, "in 2000ms", phase="connect", type="ETIMEOUT", seconds=(1.9, 5)),
    ),
    case(
        "login-slow", action="connect", params={"time": "1s"}, options={"timeout": 6}, deadline=10,
        does=Does(connections=1, logins=1),
        tsql=ok(seconds=(1, 6)),
        pymssql=ok(seconds=(1, 6)),
        # Its first slice of the login timeout is shorter than the login takes.
        pytds=ok(seconds=(1, 6), does=Does(connections=(2, 4), logins=(2, 4))),
        tedious=ok(seconds=(1, 6)),
    ),
    case(
        "login-close", action="connect", does=REJECTED,
        tsql=error(20017, "Unexpected EOF", phase="connect"),
        pymssql=error(20017, "Unexpected EOF", phase="connect"),
        pytds=error(None, "Server closed connection", phase="connect", type="ClosedConnectionError"),
        tedious=error(None, "socket hang up", phase="connect", type="ESOCKET"),
    ),
    rejected("login-failed-18456", 18456, "Login failed for user 'sa'."),
    rejected(
        "server-paused-17142", 17142, "SQL Server service has been paused.",
        pytds=error(None, "SQL Server service has been paused.", phase="connect", type="TimeoutError",
                    does=Does(connections=(2, 6), logins=(2, 6), closed="server FIN")),
    ),
    # Some take 4060 for transient and try again by themselves.
    case(
        "database-unavailable-4060", action="connect", does=REJECTED, deadline=8,
        tsql=error(4060, 'Cannot open database "master"', phase="connect", type="Msg"),
        pymssql=error(4060, 'Cannot open database "master"', phase="connect", type="OperationalError"),
        pytds=error(None, "Cannot open database", phase="connect", type="TimeoutError",
                    does=Does(connections=(3, 500), logins=(3, 500))),
        tedious=error(None, "Cannot open database", phase="connect", type="ELOGIN",
                      does=Does(connections=4, logins=4, spacing=(0.4, 1.5))),
    ),
]
