"""The measures. Each compares in rounds, side by side, and returns plain figures; bars are applied in report.py."""

import contextlib
import os
import random
import signal
import statistics

import tls_clients
from servers import BenchError, Holder, Server, run_helper


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Bench:
    """Where things are and how much is done: what every measure needs."""

    def __init__(self, subject, stand_in, helpers, folder, server_cpu, load_cpu, quick):
        self.subject, self.floor = subject, stand_in
        self.helpers, self.folder = helpers, folder
        self.server_cpu, self.load_cpu, self.quick = server_cpu, load_cpu, quick

    def helper(self, name):
        return os.path.join(self.helpers, name)

    @contextlib.contextmanager
    def still(self, server):
        """What was sent to it has been read and dealt with."""
        server.wait_until_idle()
        yield

    def load(self, job, server, **options):
        arguments = [part for key, value in options.items() for part in (f"--{key.replace('_', '-')}", str(value))]
        return run_helper([self.helper("bench_load"), job, "--port", str(server.port), *arguments], self.load_cpu)


def ready(bench):
    """From fork/exec to the READY line, and to the answer to a PRELOGIN sent right after it."""
    per_round, rounds = 10, 6 if bench.quick else 22
    commands = {
        "subject": bench.subject.start_command(),
        "bare": [bench.helper("bench_responder")],
        "trivial": [bench.helper("bench_trivial")],
    }
    times = {name: {"ready_us": [], "answer_us": []} for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            got = run_helper(
                [bench.helper("bench_starts"), "--count", str(per_round), "--cpu", str(bench.server_cpu),
                 "--trivial", str(int(name == "trivial")), "--", *command], bench.load_cpu)
            for key in got:
                times[name][key] += got[key]
    return {
        "starts": per_round * rounds,
        **{f"{name}_{key}_p{p}": percentile(values, p)
           for name, lists in times.items() for key, values in lists.items() if any(values) for p in (50, 99)},
    }


def cpu(bench):
    """Server CPU (user and system) per connect + PRELOGIN + close, as a ratio to the bare responder's."""
    count, rounds = (4000, 5) if bench.quick else (12000, 9)
    servers = {"bare": Server([bench.helper("bench_responder")], bench.server_cpu),
               "bare again": Server([bench.helper("bench_responder")], bench.server_cpu)}
    try:
        for mode in bench.subject.modes:
            servers[mode] = bench.subject.healthy(mode)
        for server in servers.values():  # every page touched, every pool filled, once
            bench.load("cycles", server, count=min(count, 4000))
        microseconds = {name: [] for name in servers}
        answer_us = {name: [] for name in servers}
        names = list(servers)
        for number in range(rounds):
            for name in names[number % len(names):] + names[:number % len(names)]:
                servers[name].wait_until_idle(all_read=False)
                before = servers[name].cpu_ns()
                got = bench.load("cycles", servers[name], count=count)
                servers[name].wait_until_idle(all_read=False)
                microseconds[name].append((servers[name].cpu_ns() - before) / 1e3 / count)
                answer_us[name].append(got["connect_to_answer_us_p50"])
    finally:
        for server in servers.values():
            server.end()
    result = {"connections_per_round": count, "rounds": rounds}
    for name, values in microseconds.items():
        key = name.replace(" ", "_")
        result[f"{key}_us"] = statistics.median(values)
        result[f"{key}_us_rounds"] = [round(value, 2) for value in values]
        result[f"{key}_connect_to_answer_us"] = statistics.median(answer_us[name])
        if name != "bare":
            ratios = [value / bare for value, bare in zip(values, microseconds["bare"])]
            result[f"{key}_ratio"] = statistics.median(ratios)
            result[f"{key}_ratio_rounds"] = [round(ratio, 3) for ratio in ratios]
    return result


def memory(bench):
    """Private memory per stalled connection, the connections beyond a first hundred."""
    count, first = (2000, 100) if bench.quick else (10000, 100)
    result = {"connections": count}

    def measure(server):
        with server, Holder(bench.helper("bench_load"), server.port, first, bench.load_cpu):
            server.wait_until_idle()
            before, descriptors = server.private_bytes(), server.descriptors()
            with Holder(bench.helper("bench_load"), server.port, count, bench.load_cpu) as holder:
                server.wait_until_idle()
                if server.descriptors() < descriptors + count:
                    raise BenchError(f"only {server.descriptors() - descriptors} of {count} connections are held")
                holder.check_all_stalled()
                return (server.private_bytes() - before) / count

    result["bare_bytes"] = measure(Server([bench.helper("bench_responder"), "--silent", "1"], bench.server_cpu))
    for mode in bench.subject.modes:
        result[f"{mode}_bytes"] = measure(bench.subject.stalling(mode))
    return result


def lateness(bench):
    """Random delays on 1,000 connections: arrival - sent - delay; next to it a server that can do nothing else."""
    connections, group, rounds = 1000, 20, 5 if bench.quick else 15
    draw = random.Random(20061)
    series = {"subject": [], "floor": [], "round_trip": []}
    zeros = os.path.join(bench.folder, "no-delays")
    with open(zeros, "w", encoding="ascii") as file:
        file.write("0\n" * connections)
    for number in range(rounds):
        groups = [(first, first + group - 1, draw.randrange(10_000, 500_000))
                  for first in range(1, connections + 1, group)]
        delays = os.path.join(bench.folder, "delays")
        with open(delays, "w", encoding="ascii") as file:
            for first, last, microseconds in groups:
                file.write(f"{microseconds}\n" * (last - first + 1))
        for name, server, file in (
                ("subject", bench.subject.delaying(groups), delays),
                ("floor", bench.floor.delaying(groups), delays),
                ("round_trip", Server([bench.helper("bench_responder")], bench.server_cpu), zeros)):
            with server:
                series[name].append(bench.load("timing", server, delays=file, spread_us=250_000, seed=number + 1))
    result = {"connections": connections, "rounds": rounds}
    for name, runs in series.items():
        for percent in (50, 90, 99):
            values = [percentile(run["lateness_us"], percent) for run in runs]
            result[f"{name}_lateness_us_p{percent}"] = statistics.median(values)
            result[f"{name}_lateness_us_p{percent}_rounds"] = values
        result[f"{name}_earliest_us"] = min(min(run["lateness_us"]) for run in runs)
    return result


def burst(bench):
    """1,000 answers due at once: from the first arrival to the last."""
    connections, rounds = 1000, 5 if bench.quick else 11
    delay = 600_000
    delays = os.path.join(bench.folder, "burst-delays")
    with open(delays, "w", encoding="ascii") as file:
        file.write(f"{delay}\n" * connections)
    series = {"timers": [], "floor_timers": [], "signal": [], "floor_signal": []}
    for _ in range(rounds):
        for name, subject in (("", bench.subject), ("floor_", bench.floor)):
            with subject.delaying([(1, connections, delay)]) as server:
                series[f"{name}timers"].append(bench.load("timing", server, delays=delays, burst=1, stop_pid=server.pid))
            with subject.holding(1500) as server:
                series[f"{name}signal"].append(bench.load("timing", server, delays=delays, burst=1))
    result = {"connections": connections, "rounds": rounds}
    for name, runs in series.items():
        values = [run["burst_us"] for run in runs]
        result[f"{name}_burst_us"] = statistics.median(values)
        result[f"{name}_burst_us_rounds"] = values
    return result


def exit_time(bench):
    """From SIGTERM to gone, next to SIGKILL of the same state."""
    result = {}
    for count in (1000, 2000) if bench.quick else (1000, 10000):
        rounds = 5 if bench.quick or count > 1000 else 9
        times = {"SIGTERM": [], "SIGKILL": []}
        for _ in range(rounds):
            for name in times:
                with bench.subject.stalling("journal") as server:
                    with Holder(bench.helper("bench_load"), server.port, count, bench.load_cpu) as holder:
                        server.wait_until_idle()
                        holder.check_all_stalled()
                        times[name].append(server.end(getattr(signal, name)))
        for name, values in times.items():
            result[f"{name.lower()}_ms_{count}"] = statistics.median(values)
            result[f"{name.lower()}_ms_{count}_rounds"] = [round(value, 2) for value in values]
    return result


def requests(bench):
    """SELECT 1 over and over on one connection; next to it the same bytes to and fro with the bare responder."""
    count, rounds = (4000, 5) if bench.quick else (20000, 9)
    times = {"subject": [], "bare": []}
    with bench.subject.healthy("journal") as subject, Server([bench.helper("bench_responder")], bench.server_cpu) as bare:
        servers = {"subject": subject, "bare": bare}
        for server in servers.values():
            bench.load("requests", server, count=1000)
        for _ in range(rounds):
            for name, server in servers.items():
                times[name].append(bench.load("requests", server, count=count))
    result = {"requests_per_round": count, "rounds": rounds}
    for percent in (50, 99):
        both = {name: [run[f"us_p{percent}"] for run in runs] for name, runs in times.items()}
        result[f"server_us_p{percent}"] = statistics.median(
            subject - bare for subject, bare in zip(both["subject"], both["bare"]))
        for name, values in both.items():
            result[f"{name}_us_p{percent}"] = statistics.median(values)
    return result


def rows(bench):
    """A result of a million rows, in bytes per second, next to a server that writes packets of 4 KiB in a loop."""
    count, rounds = (200_000, 11) if bench.quick else (1_000_000, 41)
    rates = {"subject": [], "bare": []}
    with bench.subject.streaming(count) as subject:
        size = int(bench.load("rows", subject, sql="rows")["bytes"])
        before = subject.private_bytes()
        with Server([bench.helper("bench_writer"), "--bytes", str(size)], bench.server_cpu) as bare:
            for _ in range(rounds):
                for name, server in (("subject", subject), ("bare", bare)):
                    got = bench.load("rows", server, sql="rows")
                    rates[name].append(got["bytes"] / got["seconds"] / 1e6)
        growth = subject.private_bytes() - before
    return {
        "rows": count, "bytes": size, "rounds": rounds, "growth_bytes": growth,
        "ratio": statistics.median(s / b for s, b in zip(rates["subject"], rates["bare"])),
        **{f"{name}_mb_per_s": statistics.median(values) for name, values in rates.items()},
    }


def tls(bench):
    """Private memory per connection in the middle of the handshake and after it, beyond a first hundred."""
    count, first = (300, 50) if bench.quick else (1000, 100)
    result = {"connections": count}
    for state in ("handshake", "established"):
        with bench.subject.encrypting() as server:
            with tls_clients.held(server.port, first, state), bench.still(server):
                before = server.private_bytes()
                with tls_clients.held(server.port, count, state), bench.still(server):
                    result[f"{state}_bytes"] = (server.private_bytes() - before) / count
    return result


ALL = {"ready": ready, "cpu": cpu, "memory": memory, "tls": tls, "requests": requests, "rows": rows,
       "lateness": lateness, "burst": burst, "exit": exit_time}
