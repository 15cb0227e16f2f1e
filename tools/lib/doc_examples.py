"""The examples in the documents: every YAML block that is a whole scenario must pass `tdsfake check`, must start, and must
outlive a client and end when told to; every program that a shell block names must exist, and every link inside the tree must
lead somewhere. And the index of the library is that of the files."""

import json
import re
import signal
import socket
import subprocess

import library_index
from running import tracked, tree

PRELOGIN = bytes.fromhex("12 01 00 1a 00 00 00 00 00 00 0b 00 06 01 00 11 00 01 ff 10 00 00 00 00 00 02")
# What a scenario may ask for and this machine may not have: said by the program before it is ready.
MACHINE = re.compile(r"CAP_NET_RAW|privilege|permitted|capabilit|namespace|in use|cannot assign|not available|no IPv6", re.IGNORECASE)
patience = 20.0

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)")
OPTION = re.compile(r"(?:build/release/)?tdsfake (run|exec|check|list|show|schema)\b([^\n|>#]*)")


def run(context, tally, binary):
    judge(context, tally, "the index of the library", library_index.is_true(), "run tools/lib/library_index.py; and README.md counts the scenarios")
    for name in tracked("*.md"):
        text = (tree / name).read_text()
        for kind, body, line in blocks(text):
            if kind == "yaml" and re.search(r"^tdsfake:", body, re.MULTILINE):
                fine, problem = checked(binary, body)
                judge(context, tally, f"{name}:{line}", fine, problem)
                if fine and "--isolated" in body:
                    execute_isolated(context, tally, f"{name}:{line} in a network of its own", binary, body)
                elif fine:
                    execute(context, tally, f"{name}:{line} started, met and stopped", binary, body)
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


def execute(context, tally, what, binary, scenario):
    """Starts it, is a client of each of its servers, and stops it."""
    process = subprocess.Popen(
        [binary, "run", "-", "--format", "json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        process.stdin.write(scenario)
        process.stdin.close()
        process.stdin = None
        ready = process.stdout.readline()
        if '"event":"ready"' not in ready:
            problem = ready + process.stderr.read()
            if MACHINE.search(problem):
                tally.skipped += 1
                return context.say(f"skipped  {what}: {problem.strip()}")
            return judge(context, tally, what, False, f"not ready: {problem}")
        for server in json.loads(ready)["servers"].values():
            for address in server["addresses"]:
                meet(address)
        running = process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, problem = process.communicate(timeout=patience)
        judge(context, tally, what, running and process.returncode in (0, 1), f"exit code {process.returncode}\n{problem}")
    except subprocess.TimeoutExpired:
        judge(context, tally, what, False, f"still there {patience} s after SIGTERM")
    finally:
        process.kill()
        process.wait()


def execute_isolated(context, tally, what, binary, scenario):
    """The same for one that needs `exec --isolated`: the client is the command."""
    client = f"import sys; sys.path.append({str(tree / 'tools/lib')!r}); import doc_examples; doc_examples.meet(sys.argv[1])"
    command = ["sh", "-c", 'exec /usr/bin/python3 -c "$0" "$TDSFAKE_ADDRESS"', client]
    done = subprocess.run(
        [binary, "exec", "-", "--isolated", "--quiet", "--", *command], input=scenario, capture_output=True, text=True, timeout=60
    )
    if done.returncode == 3 and MACHINE.search(done.stderr):
        tally.skipped += 1
        return context.say(f"skipped  {what}: {done.stderr.strip()}")
    judge(context, tally, what, done.returncode in (0, 1), f"exit code {done.returncode}\n{done.stderr}")


def meet(address):
    """Connects and asks; refusal, silence and a close are answers, too."""
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host.strip("[]"), int(port)), 0.3) as client:
            client.settimeout(0.3)
            client.sendall(PRELOGIN)
            client.recv(4096)
    except OSError:
        pass


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
