"""Failures of the SQL Server Browser, which clients ask for the port of an instance.

FreeTDS asks for the one instance, sixteen times a second apart, whatever timeout it was given; pytds for all instances;
tedious broadcasts, four times in a row even when the first is answered.
"""

from cases.case import Does, case, error, ok

SALES = {"instance": "SALES"}
NOBODY = "Unable to connect"
NEVER_ASKED = Does(connections=0, lookups=0)
SIXTEEN = Does(connections=0, lookups=16)

CASES = [
    case(
        "instance-not-found-26", options=SALES, deadline=30, does=Does(connections=0, lookups=(1, 16)),
        tsql=error(20009, NOBODY, phase="connect", seconds=(15, 25), does=SIXTEEN),
        pymssql=error(20009, NOBODY, phase="connect", seconds=(15, 25), does=SIXTEEN),
        pytds=error(None, "Instance SALES not found", phase="connect", type="LoginError",
                    does=Does(connections=0, lookups=1)),
        tedious=error(None, "Port for SALES not found", phase="connect", type="EINSTLOOKUP"),
    ),
    case(
        "browser-silent", options=SALES, deadline=30, does=NEVER_ASKED,
        tsql=error(20009, NOBODY, phase="connect", seconds=(15, 25)),
        pymssql=error(20009, NOBODY, phase="connect", seconds=(15, 25)),
        pytds=error(None, "timed out", phase="connect", type="TimeoutError", seconds=(1.5, 10)),
        tedious=error(None, "Failed to connect", phase="connect", type="ETIMEOUT", seconds=(1.5, 10)),
    ),
    # None of the four looks at the ICMP: to them it is the same silence.
    case(
        "browser-refused", options=SALES, deadline=30, does=NEVER_ASKED,
        tsql=error(20009, NOBODY, phase="connect", seconds=(15, 25)),
        pymssql=error(20009, NOBODY, phase="connect", seconds=(15, 25)),
        pytds=error(None, "timed out", phase="connect", type="TimeoutError", seconds=(1.5, 10)),
        tedious=error(None, "Failed to connect", phase="connect", type="ETIMEOUT", seconds=(1.5, 10)),
    ),
    case(
        "browser-wrong-port", options=SALES, does=Does(connections=0, lookups=(1, 12)),
        tsql=error(20009, "Connection refused", phase="connect"),
        pymssql=error(20009, "Connection refused", phase="connect"),
        # It looks up again before each of its tries.
        pytds=error(None, "Connection refused", phase="connect", type="TimeoutError", seconds=(1.5, 5.5)),
        tedious=error(None, "Could not connect", phase="connect", type="ESOCKET"),
    ),
    case(
        "browser-no-tcp", options=SALES, does=Does(connections=0, lookups=(1, 16)),
        # It does not understand the answer and asks again, without a pause.
        tsql=error(20009, NOBODY, phase="connect", does=SIXTEEN),
        pymssql=error(20009, NOBODY, phase="connect", does=SIXTEEN),
        pytds=error(None, "have tcp connections enabled", phase="connect", type="LoginError",
                    does=Does(connections=0, lookups=1)),
        tedious=error(None, "Port for SALES not found", phase="connect", type="EINSTLOOKUP"),
    ),
    case(
        "browser-garbled", options=SALES, does=Does(connections=0, lookups=(1, 16)),
        tsql=error(20009, NOBODY, phase="connect", does=SIXTEEN),
        pymssql=error(20009, NOBODY, phase="connect", does=SIXTEEN),
        pytds=error(None, "returned value has invalid format", phase="connect", type="RuntimeError",
                    does=Does(connections=0, lookups=1)),
        # It does not look at the size and connects to half of the port.
        tedious=error(None, "Could not connect", phase="connect", type="ESOCKET"),
    ),
    case(
        "browser-slow", options=SALES, does=Does(connections=(0, 1), lookups=(1, 16)),
        # The answer to the first request is taken while the second is out.
        tsql=ok(value=1, seconds=(1.4, 6), does=Does(connections=1, lookups=2)),
        pymssql=ok(value=1, seconds=(1.4, 6), does=Does(connections=1, lookups=2)),
        # They take the answers to their later requests only, which come after two seconds.
        pytds=error(None, "timed out", phase="connect", type="TimeoutError", seconds=(1.5, 5.5)),
        tedious=error(None, "Failed to connect", phase="connect", type="ETIMEOUT", seconds=(1.5, 5.5)),
    ),
]
