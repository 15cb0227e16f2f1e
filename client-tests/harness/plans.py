"""The scenarios of the library, and how an application uses a driver against each: plans.toml."""

import dataclasses
import functools
import pathlib
import re
import tomllib

from harness.server import tree

library = tree / "scenarios"
file = pathlib.Path(__file__).resolve().parent.parent / "plans.toml"


@dataclasses.dataclass(frozen=True)
class Plan:
    scenario: str
    folder: str                 # the class
    about: str
    action: str = "select"
    params: dict = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)
    proof: dict = dataclasses.field(default_factory=lambda: {"event": "fault"})
    attempts: int = 5           # of an application that tries again
    within: float = 8.0
    harmless: bool = False

    @property
    def path(self):
        return library / self.folder / f"{self.scenario}.yaml"

    @property
    def idles(self):
        return self.action.startswith("idle")

    @property
    def tries(self):
        return self.attempts if self.action.endswith("retry") else 1

    def was_met(self, events):
        """The proof is in the journal."""
        return any(all(e.get(name) == value for name, value in self.proof.items()) for e in events)


def about_of(path):
    return re.search(r"^about: (.*)$", path.read_text(), re.MULTILINE).group(1).strip('"')


@functools.cache
def plans():
    """All of them by the scenario's name, class by class."""
    written = tomllib.loads(file.read_text())
    classes = written.pop("class")
    found = {}
    for path in sorted(library.glob("*/*.yaml")):
        of_class, own = classes.get(path.parent.name, {}), written.get(path.stem, {})
        both = of_class | own | {"options": of_class.get("options", {}) | own.get("options", {})}
        found[path.stem] = Plan(path.stem, path.parent.name, about_of(path), **both)
    unknown = set(written) - set(found)
    if unknown:
        raise ValueError(f"{file.name}: no such scenario: {', '.join(sorted(unknown))}")
    return found
