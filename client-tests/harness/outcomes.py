"""The table of README.md: scenario × client → what the application sees. Made from the results of a run."""

import json
import pathlib
import re

from cases import CASES
from harness.client import CLIENTS

tree = pathlib.Path(__file__).resolve().parent.parent.parent
folder = tree / "build" / "client-tests" / "outcomes"
BEGIN, END = "<!-- outcomes: written by pytest --write-table -->", "<!-- end of outcomes -->"


def cell(result):
    tries = max(1, len(result.get("attempts", [])))
    again = "; tries again by itself" if result["connections"] > tries else ""
    retried = " when the application tries again" if tries > 1 else ""
    if result["outcome"] == "hung":
        return f"**hangs** ({result['phase']}{again})"
    if result["outcome"] == "ok":
        what = "ok" if result.get("value") is not None or result.get("rows") is None else "**nothing at all**: no row, no error"
        return what + retried + again
    number = f" {result['number']}" if result.get("number") else ""
    return f"{result['type']}{number}: {shorten(result['text'])} ({result['phase']}{again})"


def shorten(text, longest=90):
    """One line, without what differs from run to run."""
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST:PORT", " ".join(text.split()))
    text = re.sub(r"127\.(?!0\.0\.1)\d+\.\d+\.\d+", "HOST", text)
    # Libraries built on FreeTDS say several things at once, and some of them twice.
    parts = [part.strip() for part in re.split(r" \| |DB-Lib error message \d+, severity \d+: ?", text)]
    parts = list(dict.fromkeys(part for part in parts if part))
    text = " / ".join(parts).replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def kept(case, client):
    return folder / f"{case.scenario}.{client}.json"


def missing():
    """Which tests have left no result: they failed, or were not run."""
    return [kept(case, client).stem for case in CASES for client in CLIENTS if not kept(case, client).exists()]


def table():
    yield "| scenario | " + " | ".join(CLIENTS) + " |"
    yield "|" + "---|" * (len(CLIENTS) + 1)
    for case in CASES:
        results = [json.loads(kept(case, client).read_text()) for client in CLIENTS]
        yield f"| {case.scenario} | " + " | ".join(cell(result) for result in results) + " |"


def write(readme):
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(before + BEGIN + "\n" + "\n".join(table()) + "\n" + END + after)


def rows(readme):
    """The scenarios that the table has."""
    between = readme.read_text().split(BEGIN)[1].split(END)[0]
    return re.findall(r"^\| ([\w-]+) \|", between, re.MULTILINE)[1:]
