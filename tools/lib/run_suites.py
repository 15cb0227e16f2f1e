"""Runs suites one after the other, those that mostly wait beside them, shows how each went, and ends with a table and the
count of tests."""

import argparse
import concurrent.futures
import dataclasses
import sys
import threading
import time
import traceback

import suites
from running import Failed, Skipped, clear_progress, logs


@dataclasses.dataclass
class Outcome:
    suite: suites.Suite
    state: str
    seconds: float
    tally: suites.Tally
    reason: str = ""


def run(suite, strict):
    started = time.monotonic()
    log = logs / f"{suite.name}.log"
    log.write_text("")
    tally, state, reason = suites.Tally(), "passed", ""
    try:
        suite.run(suites.Context(suite.name, log, strict), tally)
        if tally.failed:
            state, reason = "failed", f"{tally.failed} of {tally.total} failed"
        elif tally.total == 0:
            state, reason = "failed", "it ran no test at all"
        elif tally.skipped and strict:
            state, reason = "failed", f"{tally.skipped} skipped, which --all does not allow"
    except Skipped as skip:
        state, reason = ("failed" if strict else "skipped"), f"skipped: {skip}"
        tally.skipped += 1
    except Failed as failure:
        state, reason = "failed", str(failure)
        tally.failed += not tally.failed
    except Exception:  # the runner itself broke: that must not hide the other suites
        state, reason = "failed", traceback.format_exc()
        tally.failed += 1
    return Outcome(suite, state, time.monotonic() - started, tally, reason)


def report(outcome):
    name, state = outcome.suite.name, outcome.state
    if state == "failed":
        print(f"\n──── {name}: everything it said ({logs / f'{name}.log'})", flush=True)
        sys.stdout.write((logs / f"{name}.log").read_text(errors="replace"))
        print(f"──── end of {name}\n")
    counts = f"{outcome.tally.passed} passed, {outcome.tally.failed} failed, {outcome.tally.skipped} skipped"
    reason = f" ({outcome.reason})" if outcome.reason else ""
    print(f"{name:<20} {state:<8} {outcome.seconds:6.1f} s  {counts}{reason}", flush=True)


def table(outcomes, not_run):
    print(f"\n{'suite':<20} {'state':<8} {'seconds':>8} {'tests':>7}  what it checks, or why it was skipped")
    for outcome in outcomes:
        note = outcome.reason.strip().splitlines()[-1] if outcome.reason else outcome.suite.what
        print(f"{outcome.suite.name:<20} {outcome.state:<8} {outcome.seconds:8.1f} {outcome.tally.total:7}  {note}")
    for suite in not_run:
        print(f"{suite.name:<20} {'skipped':<8} {'':8} {'':7}  only with --all or by name: {suite.what}")


def choose(options):
    known = {suite.name: suite for suite in suites.ALL}
    for name in options.suites:
        if name not in known:
            print(f"test: no suite '{name}'; there are {', '.join(known)}", file=sys.stderr)
            sys.exit(2)
    if options.suites:
        return [known[name] for name in dict.fromkeys(options.suites)], []
    if options.all:
        return suites.ALL, []
    return [s for s in suites.ALL if s.quick], [s for s in suites.ALL if not s.quick]


def run_all(chosen, strict):
    """The outcomes, in the order of `chosen`; each is reported when it is there."""
    done, printing = {}, threading.Lock()

    def finish(suite):
        outcome = run(suite, strict)
        with printing:
            done[suite.name] = outcome
            clear_progress()
            report(outcome)

    # With --all other suites compile for minutes, and drivers' timeouts are of two seconds: then each runs by itself.
    waiting = [suite for suite in chosen if suite.waits and len(chosen) > 1 and not strict]
    with concurrent.futures.ThreadPoolExecutor(max(1, len(waiting))) as beside:
        futures = [beside.submit(finish, suite) for suite in waiting]
        for suite in chosen:
            if suite.alone:
                concurrent.futures.wait(futures)
            if suite not in waiting:
                finish(suite)
        for future in futures:
            future.result()
    return [done[suite.name] for suite in chosen]


def main():
    parser = argparse.ArgumentParser(prog="tools/test")
    parser.add_argument("--all", action="store_true", help="all suites; anything skipped is a failure")
    parser.add_argument("--list", action="store_true", help="which suites there are")
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    options = parser.parse_args()
    if options.list:
        for suite in suites.ALL:
            print(f"{suite.name:<20} {'' if suite.quick else '(--all)':<8} {suite.what}")
        return 0
    chosen, not_run = choose(options)
    outcomes = run_all(chosen, options.all)
    table(outcomes, not_run)
    total = suites.Tally()
    for outcome in outcomes:
        total += outcome.tally
    failed_suites = sum(outcome.state == "failed" for outcome in outcomes)
    if failed_suites and not total.failed:
        total.failed = failed_suites
    print(f"\n{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if failed_suites else 0


if __name__ == "__main__":
    sys.exit(main())
