"""A server that goes away under its clients."""

from cases.case import Does, case, ok

CASES = [
    case(
        "outage-and-recovery", action="idle-then-retry", params={"healthy": "3s", "down": "1s"},
        options={"attempts": 40, "timeout": 5}, idle_until=("closed", {}), deadline=15,
        does=Does(connections=2, logins=2, requests=2, closed="client FIN"),
        tsql=ok(value=1, attempts=(3, 40)),
        pymssql=ok(value=1, attempts=(3, 40)),
        pytds=ok(value=1, attempts=(2, 4)),
        tedious=ok(value=1, attempts=(3, 40)),
    ),
]
