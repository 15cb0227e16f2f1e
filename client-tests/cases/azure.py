"""Transient errors of Azure SQL."""

from cases.case import Does, case, ok

CASES = [
    # tedious and pytds try again by themselves: for the application it is one call.
    case(
        "azure-40613-twice", action="retry", options={"timeout": 5}, does=Does(connections=3, logins=3, requests=1), deadline=8,
        tsql=ok(value=1, attempts=3, does=Does(connections=3, logins=3, spacing=(0.2, 2))),
        pymssql=ok(value=1, attempts=3, does=Does(connections=3, logins=3, spacing=(0.2, 2))),
        pytds=ok(value=1, attempts=1),
        tedious=ok(value=1, attempts=1, does=Does(connections=3, logins=3, spacing=(0.4, 1.5))),
    ),
    case(
        "azure-resuming", action="retry", params={"time": "1500ms"}, options={"attempts": 40, "timeout": 5}, deadline=12,
        does=Does(connections=(3, 60), logins=(3, 60), requests=1),
        tsql=ok(value=1, attempts=(3, 40)),
        pymssql=ok(value=1, attempts=(3, 40)),
        pytds=ok(value=1, attempts=(1, 3)),
        tedious=ok(value=1, attempts=(1, 3)),
    ),
]
