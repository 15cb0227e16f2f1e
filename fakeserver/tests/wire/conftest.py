"""The wire tests: each test process has a network of its own, so that nothing else is on its loopback."""

import os
import pathlib
import shutil
import sys

import pytest

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "server")]

import fake as fakes  # noqa: E402
from capture import Capture  # noqa: E402
from network import own_network  # noqa: E402

missing = [tool for tool in ("dumpcap", "tshark", "ip") if not shutil.which(tool)]
problem = f"needs {', '.join(missing)}" if missing else own_network()


def pytest_configure(config):
    config.addinivalue_line("markers", "exact: times that must be met to the millisecond")


def pytest_collection_modifyitems(items):
    if not problem:
        return
    for item in items:
        if here in pathlib.Path(item.fspath).parents:
            item.add_marker(pytest.mark.skip(reason=problem))


@pytest.fixture(scope="session", autouse=True)
def binary_exists():
    if not os.access(fakes.binary, os.X_OK):
        pytest.exit(
            f"no binary at {fakes.binary}: build it (cmake --build --preset release) or set TDSFAKE_BIN", 2
        )


@pytest.fixture(scope="session")
def capture():
    running = Capture()
    yield running
    running.close()


@pytest.fixture
def start(tmp_path):
    """start(text=…, *options) -> Fake; everything started is killed at the end."""
    running = []

    def go(text=None, *options, **how):
        server = fakes.Fake(tmp_path / f"run{len(running)}", text, *options, **how)
        running.append(server)
        return server

    yield go
    for server in running:
        server.kill()
