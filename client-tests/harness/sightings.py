"""What was seen, recorded: a file per class in outcomes/, a line per driver; and when another run says the same.

A recorded line has the first failure that the application met (outcome, phase, type, number, text, seconds), how often it
tried and whether that helped (attempts, recovers), and what the server saw meanwhile (connections, logins, …). A driver may
have several lines, where a race inside it decides.
"""

import json
import pathlib
import re

from harness.toolchains import DRIVERS

folder = pathlib.Path(__file__).resolve().parent.parent / "outcomes"
EXACT = ("outcome", "phase", "type", "number", "text", "recovers", "verify")
slack = 6.0  # seconds that a busy machine may add
# A pool gives a connection up while its driver is about to cancel what runs there: which comes first is a race.
RACES = {"hikaricp": ("attentions",)}
# So it is whether the deadline of the request or that of the socket, which are the same, ends it. And what Go's driver has read
# from a broken connection it tells only when that deadline is over: then it may tell of the deadline instead.
DEADLINE = "context.deadlineExceededError"
DEADLINES = (DEADLINE, "*net.OpError")


def normal(text, longest=240):
    """One line, without what differs from run to run."""
    # tsql counts the seconds.
    text = re.sub(r"^Setting \S+ as default database in login packet( \d+)*", "", " ".join(text.split())).strip()
    for pattern, word in (
        (r"\b\d{4}-\d\d-\d\dT[\d:]+Z?|\bSOME-\d\d-\d\dT[\d:]+Z?", "SOME DAY"),
        (r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} \d+ [\d:]{8} \w+ \d{4}\b", "SOME DAY"), (r"\b127\.\d+\.\d+\.\d+[:,] ?\d+", "HOST:PORT"), (r"\b127\.\d+\.\d+\.\d+", "HOST"), (r"\bport:? \d+", "port PORT"),
        (r"\b[0-9A-F]{16}:error", "error"), (r":[./\w]+\.c:\d+(?=:)", ""), (r"(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID"), (r"ClientConnectionId:ID", "ClientConnectionId:ID"),
        (r"\b0x[0-9a-f]{8,}\b", "ADDRESS"), (r"/tmp/\S+", "FILE"), (r"\b\d+(\.\d+)? ?(ms|milliseconds|seconds|s)\b", "SOME TIME"),
        (r"\bProcess ID \d+", "Process ID SPID"), (r"after \d+", "after SOME"), (r"localhost:\d+", "HOST:PORT"), (r"total=\d+, active=\d+, idle=\d+, waiting=\d+", "…"),
        (r"\bHikariPool-\d+", "HikariPool"), (r"->HOST:PORT|HOST:PORT->HOST:PORT", "->HOST:PORT"),
    ):
        text = re.sub(pattern, word, text)
    # FreeTDS says several things at once, and some of them twice.
    parts = [part.strip() for part in re.split(r" \| |DB-Lib error message \d+, severity \d+: ?", text)]
    text = " | ".join(dict.fromkeys(part for part in parts if part))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def few(count):
    return "several" if count > 1 else count


def differences(recorded, seen, driver):
    """Why `seen` is not what is recorded; nothing where it is."""
    yield from untimed(recorded, seen, driver)
    # Below the waits that the plans are made of, a time is that of a machine with more or less to do; so is that of a client
    # that connects again and again until its stack is full.
    waits = recorded["seconds"] >= 1.5 and recorded["connections"] < 100
    least = recorded["seconds"] * 0.7 - 0.3 if waits else 0
    most = recorded["seconds"] * 2 + slack
    if not least <= seen["seconds"] <= most:
        yield f"it took {seen['seconds']:.1f} s, not about {recorded['seconds']} s"


def untimed(recorded, seen, driver):
    """The differences that a busy machine does not make."""
    both = (recorded, seen)
    deadline = all(one.get("type") in DEADLINES for one in both) and (
        all(re.search("deadline exceeded|i/o timeout", one.get("text") or "") for one in both)
        or any(one["type"] == DEADLINE for one in both) and abs(recorded["seconds"] - seen["seconds"]) < 0.5
    )
    for name in EXACT:
        if recorded.get(name) != seen.get(name) and not (deadline and name in ("type", "text")):
            yield f"{name} is {seen.get(name)!r}, not {recorded.get(name)!r}"
    for name in ("connections", "logins", "attentions", "lookups"):
        if few(recorded[name]) != few(seen[name]) and name not in RACES.get(driver, ()) and not (deadline and name == "attentions"):
            yield f"{name}: {seen[name]}, not {recorded[name]}"
    if few(recorded["attempts"]) != few(seen["attempts"]):
        yield f"the application needed {seen['attempts']} attempts, not {recorded['attempts']}"


def tidy(seen):
    """As it is written down."""
    kept = {name: value for name, value in seen.items() if value not in (None, "")}
    return kept | {"seconds": round(seen["seconds"], 1)}


def read(name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def all_recorded():
    return {scenario: lines for path in sorted(folder.glob("*.json")) for scenario, lines in json.loads(path.read_text()).items()}


def write(name, recorded):
    """Scenarios and drivers in their order, a line each."""
    folder.mkdir(exist_ok=True)
    scenarios = []
    for scenario in sorted(recorded):
        lines = [
            f"    {json.dumps(driver)}: [" + ",\n      ".join(json.dumps(one, ensure_ascii=False) for one in recorded[scenario][driver]) + "]"
            for driver in DRIVERS if driver in recorded[scenario]
        ]
        scenarios.append(f"  {json.dumps(scenario)}: {{\n" + ",\n".join(lines) + "\n  }")
    (folder / f"{name}.json").write_text("{\n" + ",\n".join(scenarios) + "\n}\n")
