"""Failures of a connection that nobody is using: the next query meets them."""

from cases.case import Does, case, error, hung

CASES = [
    case(
        "killed-while-idle", action="idle-then-select", options={"timeout": 5}, idle_until=("closed", {}), deadline=12,
        does=Does(connections=1, requests=1, closed="server RST"),
        tsql=error(None, "tds_submit_query() failed", phase="second-query"),
        pymssql=error(20047, "DBPROCESS is dead or not enabled", phase="second-query"),
        pytds=error(None, "Connection reset by peer", phase="second-query", type="ConnectionResetError"),
        # It has noticed meanwhile: an event of the connection told of the reset, and the request says so only in passing.
        tedious=error(None, "not the Final state | Connection lost - read ECONNRESET", phase="second-query",
                      type="EINVALIDSTATE"),
    ),
    case(
        "frozen-while-idle", action="idle-then-select", idle_until=("fault", {}), deadline=9,
        does=Does(connections=1, requests=1),
        tsql=hung("second-query"),
        pymssql=error(20047, "timed out", phase="second-query"),
        pytds=error(None, "timed out", phase="second-query", type="TimeoutError"),
        tedious=error(None, "Failed to cancel request", phase="second-query", type="ETIMEOUT"),
    ),
]
