"""What a case expects of both sides, and the one function that judges it."""

import dataclasses
import re


class Mismatch(AssertionError):
    """What was seen is not what the case says: the only failure that a red control accepts."""


@dataclasses.dataclass(frozen=True)
class Does:
    """What the journal must say that the client did. None: not asked. Numbers: exact, (least, most), or a set of both
    outcomes of a race inside the client."""

    connections: object = None   # TCP connections accepted
    prelogins: object = None
    logins: object = None        # LOGIN7
    old_logins: object = None    # logins from before TDS 7
    requests: object = None      # batches and RPCs whose SQL is the probe's own
    attentions: object = None
    lookups: object = None       # requests to the SQL Server Browser
    reached: object = None       # the last stage of the last connection
    closed: object = None        # of the last connection that ended: "client FIN", "server RST", …
    spacing: object = None       # (least, most) seconds between consecutive connections
    verdict: str = "met"         # of the scenario's own `verify`


@dataclasses.dataclass(frozen=True)
class Sees:
    """What the client reports to its application, and `does`, what it did. Values as in Does."""

    outcome: str                 # ok, error, hung
    phase: str = None            # where it was: connect, query, idle, second-query, close
    type: str = None             # class or code of the error
    number: int = None           # the number the library gives
    text: str = None             # a fragment of its text
    value: object = None
    rows: int = None
    attempts: object = None      # of the probe's own retry loop; exact or (least, most)
    seconds: tuple = None        # (least, most) of the last attempt
    does: Does = None


SELECT = re.compile(r"\bSELECT\b", re.IGNORECASE)


def fits(seen, wanted):
    if isinstance(wanted, tuple):
        return wanted[0] <= seen <= wanted[1]
    return seen in wanted if isinstance(wanted, (set, frozenset)) else seen == wanted


def client_differences(sees, result):
    for name in ("outcome", "phase", "type", "number", "value", "rows"):
        wanted = getattr(sees, name)
        if wanted is not None and not fits(result.get(name), wanted):
            yield f"client: {name} is {result.get(name)!r}, not {wanted!r}"
    if sees.text is not None and sees.text not in str(result.get("text", "")):
        yield f"client: its text lacks {sees.text!r}: {result.get('text')!r}"
    if sees.attempts is not None and not fits(len(result.get("attempts", [])), sees.attempts):
        yield f"client: {len(result.get('attempts', []))} attempts, not {sees.attempts}"
    if sees.seconds is not None and not fits(result["seconds"], sees.seconds):
        yield f"client: took {result['seconds']} s, not within {sees.seconds}"


def journal_differences(does, seen):
    counts = {
        "connections": seen.connections,
        "prelogins": len(seen.received("PRELOGIN")),
        "logins": len(seen.received("LOGIN7")),
        "old_logins": len(seen.received("pre-TDS7 login")),
        "requests": sum(1 for e in seen.of("received") if SELECT.search(str(e.get("sql", "")))),
        "attentions": len(seen.received("ATTENTION")),
        "lookups": len(seen.received("SSRP")),
    }
    for name, count in counts.items():
        wanted = getattr(does, name)
        if wanted is not None and not fits(count, wanted):
            yield f"journal: {count} {name}, not {wanted}"
    last = seen.last_closed
    if does.reached is not None and last.get("reached") != does.reached:
        yield f"journal: the last connection reached {last.get('reached')!r}, not {does.reached!r}"
    how = f"{last.get('by')} {last.get('how')}"
    if does.closed is not None and not fits(how, does.closed):
        yield f"journal: the last connection was closed by {how!r}, not {does.closed!r}"
    times = [e["t"] for e in seen.of("connect")]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    if does.spacing is not None and not (gaps and all(fits(gap, does.spacing) for gap in gaps)):
        yield f"journal: connections came {[round(gap, 3) for gap in gaps]} s apart, not {does.spacing}"
    verdict = "met" if seen.exit_code == 0 else "unmet"
    if seen.exit_code not in (0, 1) or verdict != does.verdict:
        yield f"tdsfake: exit code {seen.exit_code}, the scenario's expectations should be {does.verdict}"


def check(sees, seen):
    """Raises Mismatch with every difference between what a case says and what was seen."""
    differences = [*client_differences(sees, seen.client), *journal_differences(sees.does or Does(), seen)]
    if differences:
        raise Mismatch("\n".join(differences) + f"\n{seen}")
