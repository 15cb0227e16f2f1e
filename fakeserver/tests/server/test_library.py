"""Every scenario of the library: checked, run by path and by name, ready, stopped."""

import os

import fake as fakes
import pytest

FILES = sorted((fakes.repository / "scenarios").rglob("*.yaml"))


def test_the_library_has_at_least_15_scenarios_with_unique_names():
    names = [path.stem for path in FILES]
    assert len(names) >= 15 and len(set(names)) == len(names)


def case(path):
    marks = [pytest.mark.net_raw] if "CAP_NET_RAW" in path.read_text() else []
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [case(path) for path in FILES])
def test_library_scenario(start, path):
    checked = fakes.tdsfake("check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert path.read_text().startswith("#"), "opened by a comment that says what a user sees"
    # Those with a Browser want port 1434; each test has a loopback address of its own.
    number = os.getpid()
    own = f"host=127.{128 + (number >> 16 & 63)}.{number >> 8 & 255}.{number & 255}"
    options = ("--set", own) if "params: {host:" in path.read_text() else ()
    for name in (str(path), path.stem):
        fake = start(None, *options, file=name)
        assert fake.port
        # Nobody connected: expectations and faults are unmet unless the file says otherwise.
        assert fake.stop(within=10) in (0, 1), fake.stderr
        assert fake.events("ready") and fake.events("verdict")
