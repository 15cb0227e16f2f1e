"""What outcomes/ has, to be read: outcomes.md, class by class, and outcomes.html, one page that needs nothing else."""

import html
import json
import pathlib
import re

from harness import sightings
from harness.plans import plans
from harness.toolchains import CONFIGURATION, DRIVERS

here = pathlib.Path(__file__).resolve().parent.parent

# What Linux says, and the number that Windows has for it. Mapped, not observed.
WINDOWS = (
    (r"refused|ECONNREFUSED|\b0x2749\b", "10061", "ECONNREFUSED 111", "the target machine actively refused it"),
    (r"reset by peer|ECONNRESET|Connection reset|\b0x(2746|68)\b", "10054", "ECONNRESET 104",
     "an existing connection was forcibly closed by the remote host"),
    (r"[Bb]roken pipe|EPIPE|aborted", "10053", "EPIPE 32, ECONNABORTED 103",
     "an established connection was aborted by the software in your host machine"),
    (r"Connection timed out|\b0x274c\b", "10060", "ETIMEDOUT 110", "the connected party did not properly respond after a period of time"),
    (r"No route to host|EHOSTUNREACH", "10065", "EHOSTUNREACH 113", "a socket operation was attempted to an unreachable host"),
    (r"[Nn]etwork is unreachable|ENETUNREACH", "10051", "ENETUNREACH 101", "a socket operation was attempted to an unreachable network"),
)
HOW = """Each driver meets each scenario of the [library](../scenarios/README.md#the-library) as an application would use it: connect,
`SELECT 1`, leave, as the driver comes out of its box but for the address, the user and timeouts of two seconds for the login
and, where its API has one, for the query. Where a failure passes by (classes azure, idle …) the application tries again, up
to five times and more. Observed on Linux, over loopback; what Windows would say is mapped, see below."""


def windows(one):
    return next((number for pattern, number, *_ in WINDOWS if re.search(pattern, one.get("text", ""))), None)


def brief(one):
    """A cell: what the application sees first."""
    if one["outcome"] == "not offered":
        return "–"
    if one["outcome"] == "hung":
        return "**hangs**"
    if one["outcome"] == "crash":
        return "**crashes**"
    if one["outcome"] == "wrong":
        return "**no error, no row**" if one["text"].endswith(("is none", "is []")) else "**no error, a wrong row**"
    if one.get("not_met"):
        return "not met"
    if one["outcome"] == "ok":
        return "ok" + (f", {tries(one)} tries" if tries(one) > 1 else "") + slow(one)
    what = str(one.get("number") or one["type"])
    return what + slow(one) + {True: " → ok", False: " → no"}.get(one.get("recovers"), "")


def slow(one):
    return f" {one['seconds']:.0f} s" if one["seconds"] >= 1.5 else ""


def tries(one):
    """Connections per attempt of the application's: what the driver tries by itself."""
    return round(one["connections"] / max(1, one["attempts"]))


def sentence(one):
    """A line: what happened after the error."""
    if one["outcome"] == "not offered":
        return "not offered: " + one["text"]
    parts = ["the driver does not come to the point where the fault is"] if one.get("not_met") else []
    if tries(one) > 1:
        parts.append(f"the server saw {one['connections']} connections")
    if one.get("attentions"):
        parts.append("it sent ATTENTION")
    if one["attempts"] > 1:
        parts.append(f"the application tried {one['attempts']} times")
    parts.append({True: "works in the end" if one["outcome"] != "ok" else "", False: "does not recover", None: ""}[one.get("recovers")])
    return ", ".join(part for part in parts if part)


def error(one):
    if one["outcome"] in ("ok", "not offered"):
        return one["outcome"]
    if one["outcome"] == "hung":
        return f"hangs ({one['phase']}): still nothing after {one['seconds']:.0f} s"
    if one["outcome"] == "crash":
        return f"the process of the application ends: {one.get('text') or '(no text)'} ({one['phase']})"
    if one["outcome"] == "wrong":
        return f"no error ({one['phase']}): {one['text'].removeprefix('no error, and ')}"
    number = f" {one['number']}" if one.get("number") else ""
    return f"{one['type']}{number}: {one.get('text') or '(no text)'} ({one['phase']})"


def classes():
    """(class, its plans), in their order."""
    found = {}
    for plan in plans().values():
        found.setdefault(plan.folder, []).append(plan)
    return found.items()


def version(driver):
    about = CONFIGURATION["driver"][driver]
    return f"{driver} {about['version']}" + (f" ({about['about']})" if about.get("about") else "")


def markdown():
    recorded = sightings.all_recorded()
    yield "# What an application sees when a connection fails"
    yield ""
    yield "<!-- written by pytest --write-table from outcomes/ -->"
    yield ""
    yield HOW
    yield ""
    yield "A cell is the first error that the application gets: its number, or its type where the driver has none; the seconds it took,"
    yield "from 1.5 on; `→ ok` if a further attempt of the application's worked, `→ no` if none did. `ok, 3 tries`: the driver tried"
    yield "again by itself. `–`: the driver has no such thing; `not met`: it does not come to the point where the fault is. The texts, and what the server saw meanwhile, are in"
    yield "[outcomes.html](outcomes.html), which is one file to be opened in a browser, and as data in [outcomes/](outcomes/)."
    yield ""
    yield "Drivers: " + " · ".join(version(driver) for driver in DRIVERS) + "."
    for name, members in classes():
        yield ""
        yield f"## {name}"
        yield "| scenario | " + " | ".join(DRIVERS) + " |"
        yield "|---" * (len(DRIVERS) + 1) + "|"
        for plan in members:
            lines = recorded.get(plan.scenario, {})
            cells = [" *or* ".join(dict.fromkeys(brief(one) for one in lines.get(driver, []))) or "?" for driver in DRIVERS]
            yield f"| [{plan.scenario}](../scenarios/{name}/{plan.scenario}.yaml) | " + " | ".join(cells) + " |"
    yield ""
    yield "## On Windows"
    yield "The numbers of Winsock that stand for what was observed on Linux. Mapped, not observed."
    yield ""
    yield "| Linux | Windows | its text |"
    yield "|---|---|---|"
    for _, number, linux, text in WINDOWS:
        yield f"| {linux} | {number} | {text} |"


def rows():
    recorded = sightings.all_recorded()
    for name, members in classes():
        for plan in members:
            lines = recorded.get(plan.scenario, {})
            yield {
                "class": name, "scenario": plan.scenario, "about": plan.about,
                "drivers": {
                    driver: [
                        {"cell": brief(one).replace("**", ""), "kind": one["outcome"], "error": error(one), "after": sentence(one),
                         "seconds": one["seconds"], "windows": windows(one)}
                        for one in lines[driver]
                    ] for driver in DRIVERS if driver in lines
                },
            }


def page():
    data = json.dumps(list(rows()), ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    mapped = "".join(f"<tr><td>{linux}<td>{number}<td>{html.escape(text)}" for _, number, linux, text in WINDOWS)
    versions = "".join(f"<li>{html.escape(version(driver))}" for driver in DRIVERS)
    template = (pathlib.Path(__file__).parent / "outcomes.template.html").read_text()
    how = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", HOW).replace("`", "")
    for mark, text in (("@how@", html.escape(how)), ("@versions@", versions), ("@mapped@", mapped), ("@data@", data)):
        template = template.replace(mark, text)
    return template


def write():
    (here / "outcomes.md").write_text("\n".join(markdown()) + "\n")
    (here / "outcomes.html").write_text(page())
