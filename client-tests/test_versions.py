"""drivers.toml is the one place where versions are decided: what installs the drivers agrees with it."""

import json
import os
import pathlib
import re
import xml.etree.ElementTree

import pytest

from harness.drivers import COMMANDS
from harness.toolchains import CONFIGURATION, DRIVERS

here = pathlib.Path(__file__).resolve().parent


def pypi(package):
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", (here / "requirements.txt").read_text(), re.MULTILINE))[package]


def npm(package):
    wanted = json.loads((here / "node/package.json").read_text())["dependencies"][package]
    locked = json.loads((here / "node/package-lock.json").read_text())["packages"][f"node_modules/{package}"]["version"]
    assert wanted == locked
    return wanted


def maven(package):
    space = "{http://maven.apache.org/POM/4.0.0}"
    for one in xml.etree.ElementTree.parse(here / "java/pom.xml").getroot().iter(f"{space}dependency"):
        if f"{one.find(f'{space}groupId').text}:{one.find(f'{space}artifactId').text}" == package:
            return one.find(f"{space}version").text
    return None


def go(package):
    return re.search(rf"^\s*{re.escape(package)} v(\S+)", (here / "go/go.mod").read_text(), re.MULTILINE).group(1)


def crates(package):
    locked = (here / "tiberius/Cargo.lock").read_text()
    return re.search(rf'name = "{package}"\nversion = "([^"]+)"', locked).group(1)


SOURCES = {"PyPI": pypi, "npm": npm, "Maven Central": maven, "Go modules": go, "crates.io": crates}


@pytest.mark.parametrize("driver", [d for d in DRIVERS if CONFIGURATION["driver"][d]["from"] in SOURCES])
def test_the_lock_file_has_the_version_of_drivers_toml(driver):
    about = CONFIGURATION["driver"][driver]
    assert SOURCES[about["from"]](about["package"]) == about["version"]


def test_every_driver_has_a_probe():
    assert list(COMMANDS) == DRIVERS


@pytest.mark.parametrize("driver", DRIVERS)
def test_its_toolchains_are_described(driver):
    assert set(CONFIGURATION["driver"][driver]["needs"]) <= set(CONFIGURATION["toolchain"])


@pytest.mark.xdist_group("of one test")
def test_the_groups_of_pytest_xdist_are_groups(request):
    """pytest 9.2 renamed what pytest-xdist 3.8 sets: no group held, and every process ran the scenarios of every driver."""
    assert "PYTEST_XDIST_WORKER" not in os.environ or request.node.nodeid.endswith("@of one test")
