"""Writes down what a run saw: pieces by the tests, which are in several processes, put together at the end."""

import json
import os
import pathlib

from harness import sightings
from harness.plans import plans
from harness.server import tree

pieces = pathlib.Path(os.environ.get("TDSFAKE_SIGHTINGS", tree / "build" / "client-tests" / "sightings"))


def keep(plan, driver, sighting, control):
    one = sightings.tidy(sighting.seen)
    if one["outcome"] != "not offered" and not list(sightings.untimed(one, control.seen, driver)):
        one["unnoticed"] = True
    if one["outcome"] != "not offered" and not sighting.met:
        one["not_met"] = True  # it does not come to this with the driver: no PRELOGIN, no timeout and so no ATTENTION
    pieces.mkdir(parents=True, exist_ok=True)
    (pieces / f"{plan.scenario}.{driver}.json").write_text(json.dumps(one))


def put_together(add):
    """`add`: what was recorded before is still right; else a run that says something else replaces it."""
    recorded = sightings.all_recorded()
    for path in sorted(pieces.glob("*.json")):
        scenario, driver = path.stem.split(".", 1)
        one = json.loads(path.read_text())
        before = recorded.setdefault(scenario, {}).get(driver, [])
        same = next((known for known in before if not list(sightings.untimed(known, one, driver))), None)
        if same:
            same["seconds"] = min(same["seconds"], one["seconds"])  # the other was a busier machine
            # A run without the fault may differ from this one by chance, and a proof may come too late: both only once.
            if one.get("unnoticed"):
                same["unnoticed"] = True
            if not one.get("not_met"):
                same.pop("not_met", None)
        else:
            recorded[scenario][driver] = [*before, one] if add else [one]
    by_class = {}
    for scenario, lines in recorded.items():
        if scenario in plans():
            by_class.setdefault(plans()[scenario].folder, {})[scenario] = lines
    for path in sightings.folder.glob("*.json"):
        if path.stem not in by_class:
            path.unlink()
    for name, lines in by_class.items():
        sightings.write(name, lines)
