"""drivers.toml, and which of its toolchains are here. The standard library only: tools/setup reads this before there is more."""

import functools
import glob
import pathlib
import re
import shutil
import subprocess
import tomllib

CONFIGURATION = tomllib.loads((pathlib.Path(__file__).resolve().parent.parent / "drivers.toml").read_text())
DRIVERS = list(CONFIGURATION["driver"])


def version_of(text):
    """The first thing in a program's words about itself that looks like a version."""
    found = re.search(r"\d+(?:\.\d+)+|\b\d+\b", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


@functools.cache
def says(toolchain):
    """What the program of a toolchain tells of its version."""
    command = CONFIGURATION["toolchain"][toolchain]["command"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return said.stdout + said.stderr


@functools.cache
def lacking(toolchain):
    """What is not there of a toolchain, in words; None when it is usable."""
    wanted = CONFIGURATION["toolchain"][toolchain]
    install = f"apt-get install {' '.join(wanted['packages'])}"
    for pattern in wanted.get("files", []):
        if not glob.glob(pattern):
            return f"no {pattern} here: {install}"
    command = wanted.get("command")
    if not command:
        return None
    for program in [command[0], *wanted.get("also", [])]:
        if not shutil.which(program):
            return f"no {program} here: {install}"
    version = version_of(says(toolchain))
    if version < version_of(wanted["least"]):
        return f"{command[0]} is {'.'.join(map(str, version))}, {wanted['least']} is needed: {install}"
    return None


def unusable(driver):
    """Why a driver cannot be tested here, or None."""
    reasons = [reason for need in CONFIGURATION["driver"][driver]["needs"] if (reason := lacking(need))]
    return "; ".join(reasons) or None
