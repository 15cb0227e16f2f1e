"""Fixtures: `start` runs the binary as often as a test wants and cleans up after it."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import fake as fakes  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "net_raw: needs CAP_NET_RAW, as counted gates do")
    config.addinivalue_line("markers", "not_sanitized: not for sanitizer builds, which the release build stands in for")


def has_capability(number):
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("CapEff"))
    return bool(int(line.split()[1], 16) >> number & 1)


def pytest_collection_modifyitems(config, items):
    if fakes.sanitized():
        left_out = [item for item in items if "not_sanitized" in item.keywords]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if has_capability(13):
        return
    for item in items:
        if "net_raw" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="needs CAP_NET_RAW"))


@pytest.fixture(scope="session", autouse=True)
def binary_exists():
    if not os.access(fakes.binary, os.X_OK):
        pytest.exit(
            f"no binary at {fakes.binary}: build it (cmake --build --preset release) or set TDSFAKE_BIN", 2
        )


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
