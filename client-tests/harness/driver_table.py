"""The tables of README.md about the drivers: what is tested, driver × case, and the notes below. Made from a run."""

import json
import pathlib

from driver_cases import CASES
from driver_cases.offers import deviation, not_offered
from driver_cases.pending import pending
from harness.server import tree
from harness.toolchains import CONFIGURATION, DRIVERS

folder = tree / "build" / "client-tests" / "drivers"
BEGIN, END = "<!-- drivers: written by pytest --write-table -->", "<!-- end of drivers -->"


def kept(case, driver):
    return folder / f"{case.name.replace('/', '_')}.{driver}.json"


def keep(case, driver, what):
    folder.mkdir(parents=True, exist_ok=True)
    kept(case, driver).write_text(json.dumps(what))


def missing():
    """Which tests should have left a result and have not: they failed, or were not run."""
    return [
        kept(case, driver).stem for case in CASES for driver in DRIVERS
        if not not_offered(driver, case) and not pending(driver, case) and not kept(case, driver).exists()
    ]


class Notes:
    """Numbered, each text once."""

    def __init__(self):
        self.texts = []

    def number(self, text):
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


def cell(case, driver, notes):
    why = not_offered(driver, case)
    if why:
        return f"– [{notes.number(why)}]"
    if pending(driver, case):
        return f"not yet [{notes.number('; '.join(pending(driver, case)))}]"
    if json.loads(kept(case, driver).read_text()) == "works":
        known = deviation(driver, case)
        return "works" if known is None else f"works, mostly [{note(driver, known, notes)}]"
    return f"**deviates** [{note(driver, deviation(driver, case), notes)}]"


def note(driver, known, notes):
    return notes.number(f"{known.reason} ({known.source})")


def lines():
    yield "| driver | version | from | |"
    yield "|---|---|---|---|"
    for driver in DRIVERS:
        about = CONFIGURATION["driver"][driver]
        yield f"| {driver} | {about['version']} | {about['from']} | {about.get('about', '')} |"
    yield ""
    notes = Notes()
    yield "| case | " + " | ".join(DRIVERS) + " |"
    yield "|" + "---|" * (len(DRIVERS) + 1)
    for case in CASES:
        yield f"| {case.about} | " + " | ".join(cell(case, driver, notes) for driver in DRIVERS) + " |"
    yield ""
    for number, text in enumerate(notes.texts, 1):
        yield f"{number}. {text}"


def write(readme):
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(before + BEGIN + "\n" + "\n".join(lines()) + "\n" + END + after)


def cases_of(readme: pathlib.Path):
    """The cases that the table has."""
    between = readme.read_text().split(BEGIN)[1].split(END)[0]
    table = between.split("| case |")[1].splitlines()[2:]
    return [line.split(" | ")[0].removeprefix("| ") for line in table if line.startswith("| ")]
