"""Options and fixtures of the client tests."""

import json
import pathlib
import shutil
import sys

import pytest

here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here))

from harness import driver_table, outcomes  # noqa: E402
from harness.drivers import Probes  # noqa: E402
from harness.server import binary  # noqa: E402
from judge.session import Judge  # noqa: E402


def pytest_addoption(parser):
    parser.addoption(
        "--write-table", action="store_true", help="write what every client reported into the table of README.md"
    )


def pytest_configure(config):
    # A run of some of the tests renews what these say, and the rest stays.
    if not hasattr(config, "workerinput") and config.getoption("--write-table") and not config.getoption("keyword"):
        for folder in (outcomes.folder, driver_table.folder):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    if not pathlib.Path(binary).exists():
        pytest.exit(f"no {binary}: build it (cmake --build --preset release) or set TDSFAKE_BIN", 2)
    if not hasattr(session.config, "workerinput"):
        session.config.judge = Judge()
        session.config.judge.start()  # before there are other processes, which are to be in its network


@pytest.fixture
def keep(request):
    """keep(case, client, result): for the table, when it is asked for."""

    def go(case, client, result):
        if request.config.getoption("--write-table"):
            outcomes.folder.mkdir(parents=True, exist_ok=True)
            outcomes.kept(case, client).write_text(json.dumps(result))

    return go


@pytest.fixture(scope="session")
def probes():
    """The long-lived probes of the drivers, of this process."""
    made = Probes()
    yield made
    made.end()


@pytest.fixture
def keep_driver(request):
    """keep_driver(case, driver, what): for the table of the drivers, when it is asked for."""

    def go(case, driver, what):
        if request.config.getoption("--write-table"):
            driver_table.keep(case, driver, what)

    return go


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    config = session.config
    if hasattr(config, "workerinput"):
        return
    for report in config.judge.finish() if hasattr(config, "judge") else ():
        config.hook.pytest_runtest_logreport(report=report)
        if report.failed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if config.getoption("--write-table"):
        for table in (outcomes, driver_table):
            missing = table.missing()
            if missing:
                print(f"\nno table: no passing test of {', '.join(missing)}")
            else:
                table.write(here / "README.md")
