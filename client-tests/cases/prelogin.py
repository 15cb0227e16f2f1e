"""Failures while PRELOGIN is exchanged."""

from cases.case import Does, case, error, hung

# FreeTDS tries once more when PRELOGIN fails, as if the server were older than TDS 7: with a login of TDS 5.0.
OLDER = {"connections": 2, "prelogins": 1, "logins": 0, "old_logins": 1, "closed": "server FIN"}

CASES = [
    case(
        "prelogin-stall", action="connect", does=Does(connections=1, logins=0, reached="prelogin", closed="client FIN"),
        tsql=hung("connect"),
        pymssql=error(20017, "Unexpected EOF", phase="connect", seconds=(1.9, 5), does=Does(**OLDER, spacing=(1.9, 5))),
        # It cuts its login timeout into slices that double, and sends an ATTENTION at the end of each.
        pytds=error(None, "TimeoutError: timed out", phase="connect", type="TimeoutError", seconds=(1.9, 5),
                    does=Does(connections=(2, 6), logins=0)),
        tedious=error(None, "in 2000ms", phase="connect", type="ETIMEOUT", seconds=(1.9, 5)),
    ),
    case(
        "prelogin-close", action="connect", does=Does(connections=1, prelogins=1, logins=0, closed="server FIN"),
        tsql=error(20017, "Unexpected EOF", phase="connect", does=Does(**OLDER)),
        pymssql=error(20017, "Unexpected EOF", phase="connect", does=Does(**OLDER)),
        pytds=error(None, "Server closed connection", phase="connect", type="ClosedConnectionError"),
        tedious=error(None, "socket hang up", phase="connect", type="ESOCKET"),
    ),
    case(
        "prelogin-reset", action="connect", does=Does(connections=1, prelogins=1, logins=0, closed="server RST"),
        tsql=error(20017, "Unexpected EOF", phase="connect", does=Does(**OLDER)),
        pymssql=error(20017, "Unexpected EOF", phase="connect", does=Does(**OLDER)),
        pytds=error(None, "Connection reset by peer", phase="connect", type="TimeoutError",
                    does=Does(connections=(3, 500), logins=0, closed="server RST")),
        tedious=error(None, "ECONNRESET", phase="connect", type="ESOCKET"),
    ),
]
