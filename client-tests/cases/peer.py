"""Failures of whoever answers: it is no SQL Server."""

from cases.case import Does, case, error

OLDER = Does(connections=2, prelogins=1, logins=0, old_logins=1)

CASES = [
    case(
        "wrong-protocol", action="connect", does=Does(connections=1, prelogins=1, logins=0, closed="server FIN"),
        # FreeTDS takes it for a server older than TDS 7 and tries once more.
        tsql=error(20017, "Unexpected EOF", phase="connect", does=OLDER),
        pymssql=error(20017, "Unexpected EOF", phase="connect", does=OLDER),
        # It gives up over the first bytes; with the rest unread that is a RST, if it comes before our FIN is through.
        pytds=error(None, "buffer too small", phase="connect", type="ValueError",
                    does=Does(connections=1, prelogins=1, logins=0, closed={"server FIN", "client RST"})),
        tedious=error(None, "socket hang up", phase="connect", type="ESOCKET"),
    ),
]
