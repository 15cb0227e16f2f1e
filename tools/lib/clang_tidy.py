"""clang-tidy over the program (its tests would double the time), several files at once as the preset compiles them. What was
clean is remembered: a unit is looked at again only when one of its files, a header of ours, its command or the configuration
changed."""

import hashlib
import json
import pathlib
import re

from running import build, tool, tree

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def headers_of(path, roots, known):
    """Our own headers that `path` includes, directly or not."""
    found, todo = set(), [path]
    while todo:
        one = todo.pop()
        if one not in known:
            known[one] = INCLUDE.findall(one.read_text(errors="replace"))
        for name in known[one]:
            header = next((root / name for root in (one.parent, *roots) if (root / name).is_file()), None)
            if header and header not in found:
                found.add(header)
                todo.append(header)
    return found


def fingerprint(entry, configuration, roots, known):
    path = pathlib.Path(entry["file"])
    digest = hashlib.sha256(configuration + entry["command"].encode())
    for one in (path, *sorted(headers_of(path, roots, known))):
        digest.update(str(one).encode() + b"\0" + one.read_bytes())
    return digest.hexdigest()


def is_of_the_program(name):
    path = pathlib.Path(name)
    if not path.is_relative_to(tree) or (path.is_relative_to(build) and "Unity" not in path.parts):
        return False
    return "tests" not in path.relative_to(tree).parts


def name_of(entry):
    """The first file of the unit and how many there are."""
    path = pathlib.Path(entry["file"])
    files = [name for name in INCLUDE.findall(path.read_text()) if name.endswith(".cpp")] if "Unity" in path.parts else []
    first = str(pathlib.Path((files or [path])[0]).relative_to(tree))
    return first if len(files) < 2 else f"{first} and {len(files) - 1} more"


def run(context, tally):
    linter = tool("clang-tidy-19", "clang-tidy-19")
    # The preset's compiler is clang, so that its flags are ones that clang-tidy knows. Nothing is built.
    folder = build / "tidy"
    context.command("configuring tidy", "cmake", "-S", tree, "--preset", "tidy")
    entries = [e for e in json.loads((folder / "compile_commands.json").read_text()) if is_of_the_program(e["file"])]
    configuration = (tree / ".clang-tidy").read_bytes()
    clean = folder / "clean"
    clean.mkdir(exist_ok=True)
    roots, known = [tree / "fakeserver", folder / "generated"], {}
    todo, marks = {}, {}
    for entry in entries:
        mark = clean / fingerprint(entry, configuration, roots, known)
        if mark.exists():
            tally.passed += 1
        else:
            name = name_of(entry)
            # A unit includes its files by nature.
            todo[name] = [
                linter, "--quiet", "--warnings-as-errors=*", "--checks=-bugprone-suspicious-include", "-p", folder, entry["file"]
            ]
            marks[name] = mark

    context.each(f"looking again at {len(todo)} of {len(entries)} units", todo, tally, lambda name: marks[name].touch())
