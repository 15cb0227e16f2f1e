#!/usr/bin/env python3
"""Checks that includes point downward only: the floors of the house, as fakeserver/DESIGN.md has them.

    check_includes.py FAKESERVER_DIR    0: all well, 1: violations (one line each), 2: no such tree
    check_includes.py --self-test       proves on temporary trees that every rule can fail
"""

import pathlib
import re
import sys
import tempfile

# From the ground up. Floors in one row stand side by side and do not know each other.
STOREYS = [
    ["core"],
    ["tds", "tls"],
    ["scenario"],
    ["journal"],
    ["world"],
    ["session"],
    ["report", "net"],
    ["control"],
    ["api"],
    ["cli"],
]
RANK = {floor: rank for rank, storey in enumerate(STOREYS) for floor in storey}


def from_floor(lowest):
    return [floor for floor in RANK if RANK[floor] >= RANK[lowest]]


# What an include begins with, the floors that may have it, the file endings (None: any), how to say it.
LIBRARIES = [
    ("boost/asio", ["net", "control", "api", "cli"], None, "Asio appears from net upward"),
    ("boost/beast", ["control"], None, "Beast appears only in control"),
    ("boost/json", from_floor("journal"), None, "Boost.JSON appears from journal upward"),
    ("openssl/", ["tls"], None, "OpenSSL appears only in tls"),
    ("yaml-cpp/", ["scenario"], (".cpp",), "yaml-cpp appears only in .cpp files of scenario"),
    ("re2/", ["scenario"], None, "RE2 appears only in scenario"),
    ("CLI/", ["cli"], None, "CLI11 appears only in cli"),
]
# Up to session everything is sans-IO. (A mutex is not a thread: the journal is read from two of them; and
# <arpa/inet.h> reads addresses as text.)
SYSTEM = re.compile(r"^(sys/socket|sys/epoll|sys/un|netdb|poll|thread|future)\b")
SANS_IO = [floor for floor in RANK if RANK[floor] <= RANK["session"]]

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCES = {".hpp", ".cpp", ".h", ".ipp"}


def violations_of(floor, path, opening, target):
    """What is wrong with one include of a file on `floor`."""
    for prefix, floors, endings, rule in LIBRARIES:
        if target.startswith(prefix) and (floor not in floors or (endings and path.suffix not in endings)):
            yield f"<{target}> in {floor}: {rule}"
    if floor in SANS_IO and SYSTEM.match(target):
        yield f"<{target}> in {floor}: no sockets and no threads below net; let net do it"
    if opening == "<":
        return
    there = target.split("/")[0]
    if "/" not in target or target.startswith("."):
        yield f'"{target}": write it from fakeserver/ on, as "{floor}/{target.split("/")[-1]}"'
    elif there not in RANK:
        if there != "generated":
            yield f'"{target}": {there} is no floor; a new floor is added to STOREYS in this script'
    elif there != floor and RANK[there] == RANK[floor]:
        yield f'"{target}": {floor} and {there} stand side by side and do not know each other'
    elif RANK[there] > RANK[floor]:
        yield f'"{target}" points upward: {there} stands above {floor}; move what is needed down, or pass it in'


def check(root):
    """All violations as "file:line: text", and the number of files read."""
    found, files = [], 0
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.suffix not in SOURCES or len(inside.parts) < 2 or inside.parts[0] == "tests":
            continue
        files += 1
        floor = inside.parts[0]
        if floor not in RANK:
            found.append(f"{inside}:1: {floor} is no floor; a new floor is added to STOREYS in this script")
            continue
        # Public headers of the api live in api/include/tdsfake and are included as <tdsfake/…>.
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                found += [f"{inside}:{number}: {text}" for text in violations_of(floor, path, *match.groups())]
    return found, files


# file, line, and whether it is a violation
CASES = [
    ("tds/a.hpp", '#include "core/bytes.hpp"', False),
    ("tds/a.hpp", '#include "tds/b.hpp"', False),
    ("cli/a.cpp", '#include "core/bytes.hpp"', False),
    ("core/a.hpp", '#include "tds/a.hpp"', True),
    ("world/a.cpp", '  #  include "session/a.hpp"', True),
    ("world/a.cpp", '// #include "session/a.hpp"', False),
    ("session/a.hpp", '#include "net/a.hpp"', True),
    ("tds/a.hpp", '#include "tls/a.hpp"', True),
    ("report/a.hpp", '#include "net/a.hpp"', True),
    ("net/a.hpp", '#include "report/a.hpp"', True),
    ("tds/a.hpp", '#include "b.hpp"', True),
    ("tds/a.hpp", '#include "../core/bytes.hpp"', True),
    ("tds/a.hpp", '#include "attic/a.hpp"', True),
    ("attic/a.hpp", "int x;", True),
    ("net/a.cpp", "#include <boost/asio/ip/tcp.hpp>", False),
    ("session/a.cpp", "#include <boost/asio.hpp>", True),
    ("report/a.cpp", "#include <boost/asio.hpp>", True),
    ("control/a.cpp", "#include <boost/beast/http.hpp>", False),
    ("net/a.cpp", "#include <boost/beast/http.hpp>", True),
    ("tls/a.cpp", "#include <openssl/ssl.h>", False),
    ("net/a.cpp", "#include <openssl/ssl.h>", True),
    ("scenario/a.cpp", "#include <yaml-cpp/yaml.h>", False),
    ("scenario/reader/a.cpp", "#include <yaml-cpp/yaml.h>", False),
    ("scenario/a.hpp", "#include <yaml-cpp/yaml.h>", True),
    ("cli/a.cpp", "#include <yaml-cpp/yaml.h>", True),
    ("scenario/a.hpp", "#include <re2/re2.h>", False),
    ("world/a.cpp", "#include <re2/re2.h>", True),
    ("journal/a.cpp", "#include <boost/json.hpp>", False),
    ("report/a.cpp", "#include <boost/json/value.hpp>", False),
    ("scenario/a.cpp", "#include <boost/json.hpp>", True),
    ("cli/a.cpp", "#include <CLI/CLI.hpp>", False),
    ("api/a.cpp", "#include <CLI/CLI.hpp>", True),
    ("session/a.cpp", "#include <sys/socket.h>", True),
    ("world/a.cpp", "#include <thread>", True),
    ("net/a.cpp", "#include <sys/socket.h>", False),
    ("tests/unit/core/a.cpp", '#include "cli/a.hpp"', False),
    ("core/notes.md", '#include "cli/a.hpp"', False),
]


def self_test():
    wrong = []
    for name, line, bad in CASES:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / name).parent.mkdir(parents=True)
            (root / name).write_text("// first line\n" + line + "\n", encoding="utf-8")
            found, _ = check(root)
            where = f"{name}:{1 if name.startswith('attic') else 2}: "
            if bool(found) != bad or any(not text.startswith(where) for text in found):
                wrong.append(f"{name}: {line}: expected {'a violation' if bad else 'none'}, got {found}")
    for text in wrong:
        print(text, file=sys.stderr)
    print(f"{len(CASES) - len(wrong)} of {len(CASES)} cases as expected")
    return 1 if wrong else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) != 1 or not pathlib.Path(arguments[0], "core").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    found, files = check(pathlib.Path(arguments[0]))
    for text in found:
        print(text, file=sys.stderr)
    print(f"{files} files, {len(found)} includes that break the order of the floors")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
