"""Failures of whoever answers: it is no SQL Server."""

from cases.case import Does, case, error

CASES = [
    case(
        "wrong-protocol", action="connect", does=Does(connections=1, prelogins=1, logins=0),
        tsql=error(None, "", phase="connect"),
        pymssql=error(None, "", phase="connect"),
        pytds=error(None, "buffer too small", phase="connect", type="ValueError"),
        tedious=error(None, "", phase="connect", type="ESOCKET"),
    ),
]
