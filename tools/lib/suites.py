"""The suites of tools/test: what each runs, and how its tests are counted."""

import dataclasses
import os
import pathlib
import threading
import typing
import xml.etree.ElementTree

import clang_tidy
import doc_examples
from running import Context, Failed, Skipped, build, cores, logs, tool, tracked, tree


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def total(self):
        return self.passed + self.failed + self.skipped

    def __add__(self, other):
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def add_junit(self, path):
        """Counts the <testcase>s of a JUnit file, as ctest and pytest write it."""
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
            elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
                self.skipped += 1
            else:
                self.passed += 1


@dataclasses.dataclass
class Suite:
    name: str
    what: str
    run: typing.Callable
    quick: bool = True
    waits: bool = False  # mostly for timeouts of others: it runs beside the suites that come after it …
    alone: bool = False  # … but not beside this one, which measures times


# ------------------------------------------------------------------------------------------------- building

def without_aslr():
    """ThreadSanitizer of GCC 12 cannot map its shadow under the wide address randomisation of newer kernels."""
    return [tool("setarch", "util-linux"), "-R"]


building = threading.Lock()  # two suites may want the same binary


def built(context, preset, *targets, wrapper=()):
    with building:
        return build_now(context, preset, targets, wrapper)


def build_now(context, preset, targets, wrapper):
    folder = build / preset
    if not (folder / "build.ninja").exists():
        context.command(f"configuring {preset}", "cmake", "-S", tree, "--preset", preset)
    context.command(f"building {preset}", "nice", *wrapper, "cmake", "--build", folder, *(["--target", *targets] if targets else []))
    return folder


def ctest(context, tally, folder, wrapper=(), env=None):
    report = logs / f"{context.suite}.ctest.xml"
    report.unlink(missing_ok=True)
    code = context.command(
        "running the tests", *wrapper, "ctest", "--test-dir", folder, "-j", cores, "--output-on-failure",
        "--no-tests=error", "--output-junit", report, env=env, may_fail=True,
    )
    counted(tally, report, code, "ctest")


def pytest(context, tally, folder, *options, env=None, label="running the tests", wrapper=()):
    if not (tree / folder).is_dir():
        raise Skipped(f"there is no {folder}")
    report = logs / f"{context.suite}.pytest.xml"
    report.unlink(missing_ok=True)
    scratch = build / "tmp" / context.suite  # of our own: what is shared in /tmp, another pytest may clear away
    scratch.parent.mkdir(exist_ok=True)
    code = context.command(
        label, *wrapper, build / "venv/bin/python", "-m", "pytest", tree / folder, "-q", "-p", "no:cacheprovider",
        "--color=no", "--junitxml", report, "--basetemp", scratch, *options,
        env={"PYTHONDONTWRITEBYTECODE": "1"} | (env or {}), may_fail=True,
    )
    counted(tally, report, code, "pytest")


def counted(tally, report, code, runner):
    if not report.exists():
        raise Failed(f"{runner} ended with exit code {code} and no report")
    before = tally.failed
    tally.add_junit(report)
    if code and tally.failed == before:
        raise Failed(f"{runner} ended with exit code {code}")


def release(context):
    """The binary that users run; what counted gates need, and on some kernels each filter, where it can be given."""
    binary = built(context, "release", "tdsfake") / "tdsfake"
    if os.geteuid() != 0:
        context.command(
            "giving it CAP_NET_RAW and CAP_NET_ADMIN", "sudo", "-n", "setcap", "cap_net_admin,cap_net_raw+ep", binary,
            may_fail=True,
        )
    return {"TDSFAKE_BIN": str(binary)}


# --------------------------------------------------------------------------------------------------- suites

def unit(context, tally):
    ctest(context, tally, built(context, "dev"))


def sanitized(preset, wrapper=lambda: ()):
    """The unit and session tests, and the tests of the real binary, all built with sanitizers."""

    def run(context, tally):
        folder = built(context, preset, wrapper=wrapper())
        ctest(context, tally, folder, wrapper())
        pytest(
            context, tally, "fakeserver/tests/server", "-n", str(2 * cores), wrapper=wrapper(),
            env={"TDSFAKE_BIN": str(folder / "tdsfake")}, label="the server tests",
        )

    return run


def format_check(context, tally):
    formatter = tool("clang-format-19", "clang-format-19")
    files = tracked("*.cpp", "*.hpp", "*.h")
    context.each("checking", {path: [formatter, "--dry-run", "-Werror", path] for path in files}, tally)


def tidy(context, tally):
    clang_tidy.run(context, tally)


def server(context, tally):
    pytest(context, tally, "fakeserver/tests/server", "-n", str(4 * cores), env=release(context))  # they mostly wait


def wire(context, tally):
    tool("tshark", "tshark")
    # Each process has a network of its own, and they mostly wait; but what is exact to the millisecond is measured best alone.
    beside = ("-n", str(2 * cores))
    env = release(context)
    if not context.everything:
        pytest(context, tally, "fakeserver/tests/wire", *beside, env=env)
        return
    pytest(context, tally, "fakeserver/tests/wire", "-m", "not exact", *beside, env=env)
    pytest(context, tally, "fakeserver/tests/wire", "-m", "exact", env=env, label="what is exact, one by one")


def clients(context, tally):
    # The clients mostly wait for their own timeouts: many at once cost little.
    drivers = {"TDSFAKE_DRIVERS": "all"} if context.everything else {}
    pytest(context, tally, "client-tests", "-n", str(4 * cores), env=release(context) | drivers)


def docs(context, tally):
    doc_examples.run(context, tally, release(context)["TDSFAKE_BIN"])


def bench_instructions(context, tally):
    tool("valgrind", "valgrind")
    binary = release(context)["TDSFAKE_BIN"]
    script = tree / "tools/bench/instructions"
    context.command("starting the bench's servers", "/usr/bin/python3", script.parent / "subjects.py", binary)
    context.command("counting instructions", "/usr/bin/python3", script, "--tdsfake", binary, may_fail=True)
    lines = context.log.read_text().splitlines()
    tally.passed += sum(line.startswith("ok ") for line in lines)
    tally.failed += sum(line.startswith("TOO MANY ") for line in lines)


ALL = [
    Suite("clients", "real drivers: sixteen against a healthy server, four (with --all: sixteen) against every scenario", clients, waits=True),
    Suite("unit", "every floor without sockets, the include check, the fuzz regressions (ctest)", unit),
    Suite("format", "clang-format on every C++ file", format_check),
    Suite("server", "the real binary, spoken to byte by byte (pytest)", server),
    Suite("docs", "the examples in the documents", docs),
    Suite("wire", "what a capture shows, judged by tshark", wire, alone=True),
    Suite("asan", "the unit and server tests under AddressSanitizer and UBSan", sanitized("asan"), quick=False),
    Suite("tsan", "the unit and server tests under ThreadSanitizer", sanitized("tsan", without_aslr), quick=False),
    Suite("tidy", "clang-tidy on the program's C++ files", tidy, quick=False),
    Suite("bench-instructions", "instruction counts against their bars (callgrind), and that the bench's servers start", bench_instructions, quick=False),
]
