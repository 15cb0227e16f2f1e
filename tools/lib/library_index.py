#!/usr/bin/python3
"""The index of the library in scenarios/README.md, made from the files: tools/lib/library_index.py writes it, the suite
`docs` of tools/test holds it true."""

import pathlib
import re

tree = pathlib.Path(__file__).resolve().parent.parent.parent
readme = tree / "scenarios" / "README.md"
BEGIN, END = "<!-- index: written by tools/lib/library_index.py -->", "<!-- end of index -->"

# The classes, in the order of a connection's life.
ABOUT = {
    "tcp": "the TCP connection", "prelogin": "the first exchange", "tls": "encryption and certificates", "login": "the login",
    "azure": "transient errors of Azure SQL", "routing": "being sent on to another server",
    "failover": "availability groups and mirrors", "browser": "named instances", "query": "requests", "cancel": "cancellation",
    "idle": "connections that nobody uses, pools", "outage": "a server that goes and comes", "slow": "slowness",
    "malformed": "answers that make no sense", "peer": "somebody else's port",
}


def about_of(path):
    return re.search(r"^about: (.*)$", path.read_text(), re.MULTILINE).group(1).strip('"')


def lines():
    folders = {path.name for path in (tree / "scenarios").iterdir() if any(path.glob("*.yaml"))} if readme.parent.exists() else set()
    unknown = folders - set(ABOUT)
    if unknown:
        raise ValueError(f"no words about the class {', '.join(sorted(unknown))} in {pathlib.Path(__file__).name}")
    count = sum(1 for _ in (tree / "scenarios").glob("*/*.yaml"))
    yield f"{count} scenarios in {len(folders)} classes."
    for folder, about in ABOUT.items():
        if folder not in folders:
            continue
        yield ""
        yield f"**{folder}**: {about}"
        yield ""
        yield "| scenario | |"
        yield "|---|---|"
        for path in sorted((tree / "scenarios" / folder).glob("*.yaml")):
            yield f"| [`{path.stem}`]({folder}/{path.name}) | {about_of(path)} |"


def with_index(text):
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n" + "\n".join(lines()) + "\n" + END + rest.split(END)[1]


def is_true():
    """The index, and the number of scenarios that the project's README boasts of."""
    text = readme.read_text()
    count = sum(1 for _ in (tree / "scenarios").glob("*/*.yaml"))
    return with_index(text) == text and f"the {count} scenarios" in (tree / "README.md").read_text()


if __name__ == "__main__":
    readme.write_text(with_index(readme.read_text()))
