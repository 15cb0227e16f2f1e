"""Failures while PRELOGIN is exchanged."""

from cases.case import Does, case, error, hung

CASES = [
    case(
        "prelogin-stall", action="connect", does=Does(connections=1, logins=0, reached="prelogin", closed="client FIN"),
        tsql=hung("connect"),
        # After its timeout FreeTDS tries once more, as if for a server older than TDS 7: a login without PRELOGIN.
        pymssql=error(20002, "", phase="connect", seconds=(0.9, 3.5), does=Does(connections=2, prelogins=1)),
        # It cuts its login timeout into slices that double, and sends an ATTENTION at the end of each.
        pytds=error(None, "TimeoutError: timed out", phase="connect", type="TimeoutError", seconds=(0.9, 3.5),
                    does=Does(connections=(2, 6), logins=0)),
        tedious=error(None, "in 1000ms", phase="connect", type="ETIMEOUT", seconds=(0.9, 3.5)),
    ),
    case(
        "prelogin-close", action="connect", does=Does(connections=1, prelogins=1, logins=0, closed="server FIN"),
        tsql=error(20017, "Unexpected EOF", phase="connect"),
        pymssql=error(20017, "Unexpected EOF", phase="connect"),
        pytds=error(None, "Server closed connection", phase="connect", type="ClosedConnectionError"),
        tedious=error(None, "socket hang up", phase="connect", type="ESOCKET"),
    ),
    case(
        "prelogin-reset", action="connect", does=Does(connections=1, prelogins=1, logins=0, closed="server RST"),
        tsql=error(None, "", phase="connect"),
        pymssql=error(None, "", phase="connect"),
        pytds=error(None, "Connection reset by peer", phase="connect", type="TimeoutError",
                    does=Does(connections=(3, 500), logins=0, closed="server RST")),
        tedious=error(None, "ECONNRESET", phase="connect", type="ESOCKET"),
    ),
]
