"""Installs and builds the drivers of client-tests/drivers.toml, below build/: what tools/setup does behind apt.

  setup_clients.py                     the drivers whose toolchain is here
  setup_clients.py missing quick|all   prints Debian's packages for the toolchains that are not here (or too old): lines
                                       package<tab>what it is for

Each part has a stamp of what it was made from, so a second run does nothing, at once.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

tree = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(tree / "client-tests"))
from harness.toolchains import CONFIGURATION, lacking, says, version_of  # noqa: E402

tests, build = tree / "client-tests", tree / "build"
clients, logs = build / "clients", build / "logs"


class Broken(Exception):
    """A part could not be made: which, and where its log is."""


def run(log, *command, env=None, folder=None):
    with log.open("a") as out:
        out.write(f"$ {' '.join(map(str, command))}\n")
        out.flush()
        code = subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            cwd=folder or tree, env=os.environ | (env or {}),
        ).returncode
    if code:
        raise Broken("\n".join(log.read_text(errors="replace").splitlines()[-40:]))


def python(folder, log):
    """pytest and the Python drivers; the system's packages (yaml, jsonschema) can be seen from inside."""
    if not (folder / "bin/pip").exists():
        shutil.rmtree(folder, ignore_errors=True)  # one that was left half made
        run(log, "/usr/bin/python3", "-m", "venv", "--system-site-packages", folder)
    run(log, folder / "bin/pip", "install", "--disable-pip-version-check", "--require-virtualenv",
        "-r", tests / "requirements.txt")


def node(folder, log):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(tests / "node" / name, folder)
    run(log, "npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts")


def java(folder, log):
    """The jars through Maven as this machine is configured; only the very files that jars.sha256 names are taken."""
    jars, classes = folder / "lib", folder / "classes"
    for made in (jars, classes):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
    run(log, "mvn", "-B", "-q", "-f", tests / "java/pom.xml", f"-Dmaven.repo.local={folder / 'repository'}",
        "dependency:copy-dependencies", f"-DoutputDirectory={jars}")
    run(log, "sha256sum", "--check", "--strict", tests / "java/jars.sha256", folder=jars)
    known = {line.split()[1] for line in (tests / "java/jars.sha256").read_text().splitlines()}
    strangers = {jar.name for jar in jars.iterdir()} - known
    if strangers:
        raise Broken(f"not in client-tests/java/jars.sha256: {', '.join(sorted(strangers))}")
    run(log, "javac", "-Xlint:all", "-Werror", "-d", classes, "-cp", f"{jars}/*", *sorted((tests / "java").glob("*.java")))


def go(folder, log):
    folder.mkdir(parents=True, exist_ok=True)
    # The toolchain that is here, and go.sum as it is.
    run(log, "go", "build", "-mod=readonly", "-trimpath", "-o", folder / "probe", ".", folder=tests / "go",
        env={"GOTOOLCHAIN": "local", "GOFLAGS": ""})


def rust(folder, log):
    """Cargo before 1.68 reads its registry's index through git, all of it; these settings of its let it ask for single files."""
    env = {"CARGO_REGISTRIES_CRATES_IO_PROTOCOL": "sparse"}
    if version_of(says("rust")) < (1, 68):
        env |= {"CARGO_UNSTABLE_SPARSE_REGISTRY": "true", "RUSTC_BOOTSTRAP": "1"}
    run(log, "cargo", "build", "--locked", "--target-dir", folder / "target", folder=tests / "tiberius", env=env)
    shutil.copy(folder / "target/debug/probe", folder / "probe")


# What is made, where, with which toolchain, and the files it is made from.
PARTS = {
    "Python drivers": (python, build / "venv", "python", ["requirements.txt"]),
    "Node.js drivers": (node, clients / "node", "node", ["node/package.json", "node/package-lock.json"]),
    "JDBC drivers and their probe": (java, clients / "java", "java", ["java/pom.xml", "java/jars.sha256", "java/*.java"]),
    "Go driver and its probe": (go, clients / "go", "go", ["go/go.mod", "go/go.sum", "go/*.go"]),
    "Rust driver and its probe": (rust, clients / "tiberius", "rust", ["tiberius/Cargo.*", "tiberius/src/*.rs"]),
}


def stamp(toolchain, patterns):
    """Of the files a part is made from, and of the program that makes it."""
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(tests.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    digest.update(says(toolchain).encode())
    return digest.hexdigest()


def make(name):
    maker, folder, toolchain, patterns = PARTS[name]
    wanted, mark = stamp(toolchain, patterns), folder / ".stamp"
    if mark.exists() and mark.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"{name}, into {folder.relative_to(tree)} …", file=sys.stderr, flush=True)
    mark.unlink(missing_ok=True)
    log = logs / f"setup-{folder.name}.log"
    log.write_text("")
    maker(folder, log)
    mark.write_text(wanted)
    print(f"  {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def make_all():
    logs.mkdir(parents=True, exist_ok=True)
    usable = [name for name, part in PARTS.items() if lacking(part[2]) is None]
    broken = 0
    # Two at a time: while one waits for the network, another compiles.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, done in {name: pool.submit(make, name) for name in reversed(usable)}.items():
            try:
                done.result()
            except Broken as why:
                broken += 1
                print(f"setup: {name} could not be made:\n{why}", file=sys.stderr)
    for name, part in PARTS.items():
        if name not in usable:
            print(f"setup: without the {name}: {lacking(part[2])}", file=sys.stderr)
    return 4 if broken else 0


def main():
    parser = argparse.ArgumentParser(prog="setup_clients")
    parser.add_argument("what", nargs="?", choices=["missing"])
    parser.add_argument("which", nargs="?", choices=["quick", "all"], default="all")
    options = parser.parse_args()
    if options.what is None:
        return make_all()
    for name, toolchain in CONFIGURATION["toolchain"].items():
        if (options.which == "all" or toolchain.get("quick")) and lacking(name):
            for package in toolchain["packages"]:
                print(f"{package}\tdrivers that need {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
