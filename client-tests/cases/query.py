"""Failures while a request runs."""

from cases.case import Does, case, error, hung, ok

CASES = [
    case(
        "deadlock-1205", does=Does(connections=1, logins=1, requests=1, closed="client FIN"),
        tsql=error(1205, "deadlock victim", phase="query", type="Msg"),
        pymssql=error(1205, "deadlock victim", phase="query", type="OperationalError"),
        pytds=error(1205, "deadlock victim", phase="query"),
        tedious=error(1205, "deadlock victim", phase="query", type="EREQUEST"),
    ),
    case(
        "query-slow", params={"time": "4s"}, deadline=10, does=Does(connections=1, requests=1, attentions=1),
        tsql=ok(value=1, seconds=(4, 9), does=Does(connections=1, requests=1, attentions=0)),
        # It drops the connection instead of cancelling.
        pymssql=error(20047, "timed out", phase="query", seconds=(1.9, 3.9),
                      does=Does(connections=1, requests=1, attentions=0, closed="client FIN")),
        pytds=error(None, "timed out", phase="query", type="TimeoutError", seconds=(1.9, 3.9)),
        tedious=error(None, "Timeout: Request failed to complete in 2000ms", phase="query", type="ETIMEOUT",
                      seconds=(1.9, 3.9)),
    ),
    case(
        "query-stall", does=Does(connections=1, requests=1, attentions=1), deadline=9,
        tsql=hung("connect or query", does=Does(connections=1, requests=1, attentions=0)),
        pymssql=error(20047, "timed out", phase="query", seconds=(1.9, 5),
                      does=Does(connections=1, requests=1, attentions=0, closed="client FIN")),
        pytds=error(None, "timed out", phase="query", type="TimeoutError", seconds=(1.9, 5)),
        tedious=error(None, "Failed to cancel request", phase="query", type="ETIMEOUT", seconds=(3.9, 8)),
    ),
    # The client's timeout is shorter than the whole result takes, and longer than any gap in it.
    case(
        "slow-result", params={"bytes": 8, "every": "900ms"}, deadline=12,
        does=Does(connections=1, requests=1),
        tsql=ok(value=1, seconds=(2.5, 9)),
        pymssql=ok(value=1, seconds=(2.5, 9)),
        pytds=ok(value=1, seconds=(2.5, 9)),
        tedious=error(None, "Timeout", phase="query", type="ETIMEOUT", does=Does(attentions=1)),
    ),
    case(
        "reset-during-result", does=Does(connections=1, requests=1, closed="server RST"),
        # The row is lost without a word: no error, and exit code 0.
        tsql=ok(rows=0),
        pymssql=error(20047, "DBPROCESS is dead or not enabled", phase="query"),
        pytds=error(None, "Connection reset by peer", phase="query", type="ConnectionResetError"),
        tedious=error(None, phase="query", type="ECONNRESET"),
    ),
]
