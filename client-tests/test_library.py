"""The library, what is recorded of it, and the pages made from that are held to each other."""

import pathlib
import subprocess

from driver_cases import CASES as DRIVER_CASES
from harness import driver_table, outcome_pages, sightings
from harness.plans import plans
from harness.server import binary
from harness.toolchains import DRIVERS

here = pathlib.Path(__file__).resolve().parent


def test_every_driver_is_recorded_in_every_scenario():
    recorded = sightings.all_recorded()
    assert [(scenario, driver) for scenario in plans() for driver in DRIVERS if not recorded.get(scenario, {}).get(driver)] == []
    assert set(recorded) - set(plans()) == set()


def test_no_scenario_passes_unnoticed_by_all():
    """Where a fault harms nobody, plans.toml says so: else a scenario that does nothing would look like one that does."""
    recorded = sightings.all_recorded()
    harmless = {
        scenario for scenario, lines in recorded.items()
        if all(one.get("unnoticed") or one.get("not_met") or one["outcome"] == "not offered" for seen in lines.values() for one in seen)
    }
    assert harmless - {name for name, plan in plans().items() if plan.harmless} == set()


def test_the_pages_say_what_is_recorded():
    assert (here / "outcomes.md").read_text() == "\n".join(outcome_pages.markdown()) + "\n"
    assert (here / "outcomes.html").read_text() == outcome_pages.page()


def test_the_binary_knows_the_library_by_name():
    listed = subprocess.run([binary, "list"], capture_output=True, text=True, timeout=20, check=True).stdout
    assert set(plans()) - set(listed.split()) == set()


def test_the_table_of_the_drivers_has_every_case():
    assert driver_table.cases_of(here / "README.md") == [case.about for case in DRIVER_CASES]
