"""Builds what is measured (the release preset) and the helpers that measure it."""

import os
import subprocess
import sys

from servers import BenchError

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
HELPERS = os.path.join(ROOT, "build", "bench")


def say(text):
    print(text, file=sys.stderr, flush=True)


def _step(*command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)}\n  failed:\n{done.stdout[-4000:]}")


def helpers():
    say("building the helpers (build/bench)")
    _step("cmake", "-S", HERE, "-B", HELPERS, "-G", "Ninja")
    _step("cmake", "--build", HELPERS)


def tdsfake():
    say("building tdsfake (release preset)")
    _step("cmake", "--preset", "release")
    _step("cmake", "--build", "--preset", "release", "--target", "tdsfake")
    return os.path.join(ROOT, "build", "release", "tdsfake")
