"""Options and fixtures of the client tests."""

import json
import pathlib
import shutil
import sys

import pytest

here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here))

from harness import outcomes  # noqa: E402
from harness.server import binary  # noqa: E402


def pytest_addoption(parser):
    parser.addoption(
        "--write-table", action="store_true", help="write what every client reported into the table of README.md"
    )


def pytest_configure(config):
    if not hasattr(config, "workerinput") and config.getoption("--write-table"):
        shutil.rmtree(outcomes.folder, ignore_errors=True)


def pytest_sessionstart(session):
    if not pathlib.Path(binary).exists():
        pytest.exit(f"no {binary}: build it (cmake --build --preset release) or set TDSFAKE_BIN", 2)


@pytest.fixture
def keep(request):
    """keep(case, client, result): for the table, when it is asked for."""

    def go(case, client, result):
        if request.config.getoption("--write-table"):
            outcomes.folder.mkdir(parents=True, exist_ok=True)
            outcomes.kept(case, client).write_text(json.dumps(result))

    return go


def pytest_sessionfinish(session, exitstatus):
    config = session.config
    if not hasattr(config, "workerinput") and config.getoption("--write-table"):
        missing = outcomes.missing()
        if missing:
            print(f"\nno table: no passing test of {', '.join(missing)}")
        else:
            outcomes.write(here / "README.md")
