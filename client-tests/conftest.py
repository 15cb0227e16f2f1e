"""Options and fixtures of the client tests."""

import pathlib
import shutil
import sys

import pytest

here = pathlib.Path(__file__).resolve().parent
sys.path.append(str(here))

from harness import driver_table, outcome_pages, recording  # noqa: E402
from harness.drivers import Probes  # noqa: E402
from harness.server import binary  # noqa: E402
from judge.session import Judge  # noqa: E402


def pytest_addoption(parser):
    parser.addoption(
        "--write-table", action="store_true", help="write what every driver does into README.md and outcomes/"
    )
    parser.addoption(
        "--add-outcomes", action="store_true",
        help="write what the drivers see in the scenarios beside what is recorded, where a driver does now this, now that",
    )
    parser.addoption("--write-seeds", metavar="FOLDER", help="write what the drivers said as inputs of the fuzz targets")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(recording.pieces, ignore_errors=True)
    # A run of some of the tests renews what these say, and the rest stays.
    if not hasattr(config, "workerinput") and config.getoption("--write-table") and not config.getoption("keyword"):
        shutil.rmtree(driver_table.folder, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    if not pathlib.Path(binary).exists():
        pytest.exit(f"no {binary}: build it (cmake --build --preset release) or set TDSFAKE_BIN", 2)
    if not hasattr(session.config, "workerinput"):
        session.config.judge = Judge(session.config.getoption("--write-seeds"))
        session.config.judge.start()  # before there are other processes, which are to be in its network


@pytest.fixture
def keep_sighting(request):
    """keep_sighting(plan, driver, sighting, control): whether it was kept, which is asked for by --write-table or --add-outcomes."""

    def go(plan, driver, sighting, control):
        if not (request.config.getoption("--write-table") or request.config.getoption("--add-outcomes")):
            return False
        recording.keep(plan, driver, sighting, control)
        return True

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
    if config.getoption("--write-table") or config.getoption("--add-outcomes"):
        recording.put_together(config.getoption("--add-outcomes"))
        outcome_pages.write()
    if config.getoption("--write-table"):
        missing = driver_table.missing()
        if missing:
            print(f"\nno table of the drivers: no passing test of {', '.join(missing)}")
        else:
            driver_table.write(here / "README.md")
