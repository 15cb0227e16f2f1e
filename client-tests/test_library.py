"""The case list and the library are held to each other."""

import collections
import pathlib
import subprocess

from cases import CASES
from driver_cases import CASES as DRIVER_CASES
from harness import driver_table, outcomes
from harness.server import binary, tree


def library():
    return {path.stem for path in (tree / "scenarios").rglob("*.yaml")}


def test_every_scenario_of_the_library_has_a_case():
    assert library() - {case.scenario for case in CASES} == set()


def test_every_case_is_about_a_scenario_of_the_library():
    assert {case.scenario for case in CASES} - library() == set()


def test_no_scenario_has_two_cases():
    counts = collections.Counter(case.scenario for case in CASES)
    assert [name for name, count in counts.items() if count > 1] == []


def test_the_binary_knows_the_library_by_name():
    listed = subprocess.run([binary, "list"], capture_output=True, text=True, timeout=20, check=True).stdout
    assert library() - set(listed.split()) == set()


def test_the_tables_have_every_case():
    readme = pathlib.Path(__file__).resolve().parent / "README.md"
    assert driver_table.cases_of(readme) == [case.about for case in DRIVER_CASES]
    assert outcomes.rows(readme) == [case.scenario for case in CASES]
