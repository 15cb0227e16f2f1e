"""Every scenario of the library: checked, run by path and by name, ready, stopped."""

import fake as fakes
import pytest

FILES = sorted((fakes.repository / "scenarios").rglob("*.yaml"))


def test_the_library_has_at_least_15_scenarios_with_unique_names():
    names = [path.stem for path in FILES]
    assert len(names) >= 15 and len(set(names)) == len(names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_library_scenario(start, path):
    checked = fakes.tdsfake("check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert path.read_text().startswith("#"), "opened by a comment that says what a user sees"
    for name in (str(path), path.stem):
        fake = start(file=name)
        assert fake.port
        # Nobody connected: expectations and faults are unmet unless the file says otherwise.
        assert fake.stop(within=10) in (0, 1), fake.stderr
        assert fake.events("ready") and fake.events("verdict")
