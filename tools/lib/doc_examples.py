"""The examples in the documents: every YAML block that is a whole scenario must pass `tdsfake check`, every program that
a shell block names must exist, and every link inside the tree must lead somewhere."""

import re
import subprocess

from running import tracked, tree

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")
OPTION = re.compile(r"(?:build/release/)?tdsfake (run|exec|check|list|show|schema)\b([^\n|>#]*)")


def run(context, tally, binary):
    for name in tracked("*.md"):
        text = (tree / name).read_text()
        for kind, body, line in blocks(text):
            if kind == "yaml" and re.search(r"^tdsfake:", body, re.MULTILINE):
                judge(context, tally, f"{name}:{line}", *checked(binary, body))
            elif kind in ("sh", "bash", "console"):
                for command, problem in commands(binary, body):
                    judge(context, tally, f"{name}:{line} {command}", problem is None, problem or "")
        for target in LINK.findall(BLOCK.sub("", text)):
            found = ((tree / name).parent / target).exists()
            judge(context, tally, f"{name}: link to {target}", found, "nothing is there")


def blocks(text):
    for found in BLOCK.finditer(text):
        yield found.group(1), found.group(2), text.count("\n", 0, found.start()) + 2


def checked(binary, scenario):
    done = subprocess.run([binary, "check", "-"], input=scenario, capture_output=True, text=True, timeout=20)
    return done.returncode == 0, done.stdout + done.stderr


def commands(binary, body):
    """Scripts of ours that are named, and scenarios and options handed to tdsfake."""
    for script in re.findall(r"^\$? ?((?:tools|\.ci|build/venv)/[\w/.-]+)", body, re.MULTILINE):
        yield script, None if (tree / script).exists() else "there is no such file"
    helps = {}
    for subcommand, rest in OPTION.findall(body):
        if subcommand not in helps:
            done = subprocess.run([binary, subcommand, "--help"], capture_output=True, text=True, timeout=20)
            helps[subcommand] = done.stdout + done.stderr
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest.split(" -- ")[0]):
            known = option in helps[subcommand]
            yield f"tdsfake {subcommand} {option}", None if known else f"tdsfake {subcommand} knows no {option}"


def judge(context, tally, what, fine, problem):
    tally.passed += bool(fine)
    tally.failed += not fine
    context.say(f"{'ok' if fine else 'FAILED'}  {what}" + ("" if fine else f"\n{problem}"))
