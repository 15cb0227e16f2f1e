"""Failures below TDS: the TCP connection."""

from cases.case import Does, case, error, hung, ok

REFUSED = Does(connections=0)

CASES = [
    case(
        "refused-10061", action="connect", does=REFUSED,
        tsql=error(20009, "Connection refused", phase="connect", type="Error"),
        pymssql=error(20009, "Connection refused (111)", phase="connect", type="OperationalError"),
        # It tries again until its login timeout is over, whatever the error.
        pytds=error(None, "ConnectionRefusedError", phase="connect", type="TimeoutError", seconds=(1.9, 5)),
        tedious=error(None, "Could not connect (sequence)", phase="connect", type="ESOCKET"),
    ),
    # One call each: who gets in without a retry loop of the application's?
    case(
        "refused-then-accepts", params={"time": "1500ms"}, options={"timeout": 8}, deadline=12,
        tsql=error(20009, "Connection refused", phase="connect", does=Does(connections=0, verdict="unmet")),
        pymssql=error(20009, "Connection refused", phase="connect", does=Does(connections=0, verdict="unmet")),
        pytds=ok(value=1, seconds=(0.5, 8), does=Does(connections=1, logins=1)),
        tedious=error(None, "Could not connect (sequence)", phase="connect", type="ESOCKET",
                      does=Does(connections=0, verdict="unmet")),
    ),
    # With a retry loop everybody gets in.
    case(
        "server-starting", action="retry", params={"time": "3s"}, options={"attempts": 40}, deadline=15,
        does=Does(connections=1, logins=1, requests=1, closed="client FIN"),
        tsql=ok(value=1, attempts=(2, 40)),
        pymssql=ok(value=1, attempts=(2, 40)),
        pytds=ok(value=1, attempts=(2, 4)),
        tedious=ok(value=1, attempts=(2, 40)),
    ),
    case(
        "timed-out-10060", action="connect", does=Does(connections=0),
        tsql=hung("connect"),
        pymssql=error(20009, "Connection timed out", phase="connect", type="OperationalError", seconds=(1.9, 5)),
        pytds=error(None, "TimeoutError: timed out", phase="connect", type="TimeoutError", seconds=(1.9, 5)),
        tedious=error(None, "in 2000ms", phase="connect", type="ETIMEOUT", seconds=(1.9, 5)),
    ),
    case(
        "reset-10054", action="connect", does=Does(prelogins=(0, 1), logins=0, closed="server RST"),
        # 20009 if the reset is there before connect() has returned, else 20002.
        tsql=error({20002, 20009}, phase="connect"),
        pymssql=error({20002, 20009}, phase="connect"),
        pytds=error(None, "Connection reset by peer", phase="connect", type="TimeoutError",
                    does=Does(connections=(3, 500), logins=0)),
        tedious=error(None, phase="connect", type="ESOCKET"),
    ),
]
