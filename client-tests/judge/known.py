"""What tshark says of packets that are right: where its dissector disagrees with MS-TDS, and the drivers do not.

Each must be seen in a run of all tests: when tshark has learned it, its line here has to go.
"""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Limit:
    name: str
    cases: str      # which cases: a pattern
    says: str       # the whole of what tshark says: a pattern
    reason: str
    source: str

    def fits(self, run, text):
        return bool(re.fullmatch(self.cases, run.case) and re.fullmatch(self.says, text))


# What the server refuses, though a driver asked by itself: (driver and case, what, why that is right).
REFUSED = [
    (r"mssql-python, parameters\..*", "procedure sp_describe_undeclared_parameters",
     "asked about a NULL without a type; refused, the driver goes on with varchar"),
    (r"jtds, routing\.followed", "SELECT n FROM five", "it was sent elsewhere, and stays"),
]


def refused(run, text):
    return any(re.fullmatch(which, f"{run.driver}, {run.case}") and what in text for which, what, _ in REFUSED)


LIMITS = [
    Limit(
        "RETURNVALUE", ".*", "tshark stops at token 0xac", "its dissector has no RETURNVALUE, and reads no further",
        "MS-TDS 2.2.7.19; packet-tds.c of Wireshark 4.0 lists the token and has no case for it; the cases compare the values",
    ),
    Limit(
        "NULL of text", r"(red control of )?type\.(n?text|image|n?varchar\(max\)|varbinary\(max\)|xml)",
        r"tshark stops at token 0x\w\w|Malformed Packet \(Exception occurred\)",
        "a text pointer of length 0 is NULL, and nothing follows it: it expects a timestamp and a length all the same",
        "MS-TDS 2.2.7.17, TextPointer; every driver reads it so. For (max) types: jTDS, to which they go out as text",
    ),
    Limit(
        "routing", r"(red control of )?routing\..*", "tshark stops at token 0x17",
        "it does not skip what is inside ENVCHANGE 20, whose first byte it then takes for a token",
        "MS-TDS 2.2.7.9, Routing; all drivers that know the token follow it",
    ),
    Limit(
        "SSPI", r"(red control of )?login\.ntlm", r"Malformed Packet \(Exception occurred\)",
        "it takes the length of an SSPI token for characters, and reads twice as much",
        "MS-TDS 2.2.7.22 calls it US_VARBYTE; all drivers with NTLM answer the challenge",
    ),
    Limit(
        "FEDAUTHINFO", r"(red control of )?login\.fedauthinfo", "tshark stops at token 0xee",
        "its dissector has no FEDAUTHINFO",
        "MS-TDS 2.2.7.12; all drivers that fetch a token read it, and send theirs in a message of its own",
    ),
    Limit(
        "collation in TDS 7.0", r"(red control of )?connect\.tds-7\.0",
        r"Malformed Packet \(Exception occurred\)|tshark stops at token 0x\w\w",
        "text columns of TDS 7.0 have no collation: it reads one in any version",
        "MS-TDS 2.2.5.4, COLLATION is of 7.1 and newer; FreeTDS and jTDS read garbage when it is sent",
    ),
]
