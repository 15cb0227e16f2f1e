"""The bars of the project, applied; the table; what the figures were measured on."""

import os
import platform
import subprocess

READY_P99_US = 8000
CPU_RATIO = 1.4
MEMORY_BYTES = 2048
LATENESS_P99_US = 300
BURST_US = 5000
EXIT_MS = 20
TLS_HANDSHAKE_BYTES = 43 * 1024
TLS_ESTABLISHED_BYTES = 15 * 1024
SELECT_P50_US = 50
SELECT_P99_US = 200
ROWS_RATIO = 1.0
ROWS_GROWTH_BYTES = 1 << 20
# Two runs of the same bare responder must agree this well, or the ratios of the run say nothing.
CONTROL = (0.9, 1.1)


def _row(measure, value, unit, bar, met, raw):
    return {"measure": measure, "value": value, "unit": unit, "bar": bar, "verdict": met, "raw": raw}


def _below(value, bar):
    return "met" if value <= bar else "missed"


def _on_this_machine(value, floor, bar):
    """A time that not even the floor reaches says little, unless it is far above the floor's."""
    if value <= bar:
        return "met"
    return "bare too" if floor > bar and value < 2 * floor + bar else "missed"


def _ready_rows(r):
    yield _row("exec to READY, p99", r["subject_ready_us_p99"] / 1000, "ms", READY_P99_US / 1000,
               _on_this_machine(r["subject_ready_us_p99"], r["bare_ready_us_p99"], READY_P99_US),
               f"p50 {r['subject_ready_us_p50'] / 1000:.2f}; bare responder p50 {r['bare_ready_us_p50'] / 1000:.2f} "
               f"p99 {r['bare_ready_us_p99'] / 1000:.2f}; static trivial p50 {r['trivial_ready_us_p50'] / 1000:.2f}")
    yield _row("exec to first answer, p99", r["subject_answer_us_p99"] / 1000, "ms", None, "",
               f"p50 {r['subject_answer_us_p50'] / 1000:.2f}; bare responder p50 {r['bare_answer_us_p50'] / 1000:.2f}")


def _cpu_rows(r):
    control = r["bare_again_ratio"]
    steady = CONTROL[0] <= control <= CONTROL[1]
    for mode, words, bar in (("quiet", "no file", CPU_RATIO), ("journal", "journal file", CPU_RATIO),
                             ("console", "console to /dev/null", None)):
        if f"{mode}_ratio" in r:
            verdict = "" if bar is None else _below(r[f"{mode}_ratio"], bar) if steady else "unsteady"
            yield _row(f"CPU per PRELOGIN, {words}", r[f"{mode}_ratio"], "x bare", bar, verdict,
                       f"{r[f'{mode}_us']:.1f} us; bare {r['bare_us']:.1f} us")
    yield _row("  control: bare against bare", control, "x bare", None, "" if steady else "unsteady",
               f"{r['bare_again_us']:.1f} us; bare {r['bare_us']:.1f} us")


def _memory_rows(r):
    for mode in ("quiet", "journal", "console"):
        if f"{mode}_bytes" in r:
            yield _row(f"memory per stalled connection, {mode}", r[f"{mode}_bytes"], "bytes", MEMORY_BYTES,
                       _below(r[f"{mode}_bytes"], MEMORY_BYTES),
                       f"{r['connections']} connections; bare {r['bare_bytes']:.0f}")


def _lateness_rows(r):
    raw = (f"p50 {r['subject_lateness_us_p50']:.0f} p90 {r['subject_lateness_us_p90']:.0f}; bare timers p50 "
           f"{r['floor_lateness_us_p50']:.0f} p90 {r['floor_lateness_us_p90']:.0f} p99 {r['floor_lateness_us_p99']:.0f}; "
           f"bare round trip p50 {r['round_trip_lateness_us_p50']:.0f} p99 {r['round_trip_lateness_us_p99']:.0f}")
    yield _row("lateness of delays, p99", r["subject_lateness_us_p99"], "us", LATENESS_P99_US,
               _on_this_machine(r["subject_lateness_us_p99"], r["floor_lateness_us_p99"], LATENESS_P99_US), raw)
    early = r["subject_earliest_us"] < 0
    yield _row("  earliest answer after its time", r["subject_earliest_us"], "us", 0, "missed" if early else "met",
               "no delay may end early")


def _burst_rows(r):
    for name, words in (("timers", "1,000 timers due at once"), ("signal", "1,000 held, one signal")):
        value, floor = r[f"{name}_burst_us"], r[f"floor_{name}_burst_us"]
        yield _row(f"burst, {words}", value / 1000, "ms", BURST_US / 1000, _on_this_machine(value, floor, BURST_US),
                   f"bare {floor / 1000:.2f} ms, {value / floor:.2f} x bare")


def _exit_rows(r):
    for count in sorted(int(key.rsplit("_", 1)[1]) for key in r if key.startswith("sigterm_ms_") and key[-1] != "s"):
        term, kill = r[f"sigterm_ms_{count}"], r[f"sigkill_ms_{count}"]
        few = count <= 1000
        value = term if few else term - kill
        verdict = _below(value, EXIT_MS)
        if few and verdict == "missed" and kill > EXIT_MS / 2 and term - kill < EXIT_MS / 2:
            verdict = "bare too"  # the kernel alone takes most of the time here
        yield _row(f"exit, {count} connections" + ("" if few else ", beyond SIGKILL"), value, "ms", EXIT_MS,
                   verdict, f"SIGTERM {term:.1f} ms; SIGKILL {kill:.1f} ms")


def _tls_rows(r):
    for state, words, bar in (("handshake", "in mid-handshake", TLS_HANDSHAKE_BYTES),
                              ("established", "established", TLS_ESTABLISHED_BYTES)):
        yield _row(f"memory per TLS connection, {words}", r[f"{state}_bytes"] / 1024, "KiB", bar / 1024,
                   _below(r[f"{state}_bytes"], bar), f"{r['connections']} connections")


def _requests_rows(r):
    for percent, bar in ((50, SELECT_P50_US), (99, SELECT_P99_US)):
        yield _row(f"SELECT 1, server side, p{percent}", r[f"server_us_p{percent}"], "us", bar,
                   _below(r[f"server_us_p{percent}"], bar),
                   f"round trip {r[f'subject_us_p{percent}']:.1f} us, of the bare responder {r[f'bare_us_p{percent}']:.1f} us")


def _rows_rows(r):
    yield _row("rows, as fast as a bare writer", r["ratio"], "x bare", ROWS_RATIO,
               "met" if r["ratio"] >= ROWS_RATIO else "missed",
               f"{r['rows']:,} rows, {r['bytes'] / 1e6:.0f} MB at {r['subject_mb_per_s']:.0f} MB/s; "
               f"bare {r['bare_mb_per_s']:.0f} MB/s in writes of 4 KiB")
    yield _row("  memory that they take", r["growth_bytes"] / 1024, "KiB", ROWS_GROWTH_BYTES / 1024,
               _below(r["growth_bytes"], ROWS_GROWTH_BYTES), "private memory, after against before")


_ROWS = {"ready": _ready_rows, "cpu": _cpu_rows, "memory": _memory_rows, "tls": _tls_rows, "requests": _requests_rows,
         "rows": _rows_rows, "lateness": _lateness_rows, "burst": _burst_rows, "exit": _exit_rows}


def rows(results):
    return [row for name, result in results.items() for row in _ROWS[name](result)]


def table(lines):
    def number(value):
        return "" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"

    cells = [("measure", "value", "", "bar", "", "raw")]
    cells += [(r["measure"], number(r["value"]), r["unit"], number(r["bar"]), r["verdict"], r["raw"]) for r in lines]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}} {row[2]:<{widths[2]}}  {row[3]:>{widths[3]}}  "
        f"{row[4]:<{widths[4]}}  {row[5]}".rstrip() for row in cells)


def _output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def cpu_ticks():
    """(busy, idle, stolen by the hypervisor) of the whole machine, in ticks."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, idle, iowait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return user + nice + system + irq + softirq, idle + iowait, steal


def machine(root):
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {
        "kernel": platform.release(), "cpu": model, "cores": len(os.sched_getaffinity(0)),
        "compiler": _output_of("c++", "--version").splitlines()[0],
        "commit": _output_of("git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12"),
        "load_average": os.getloadavg()[0],
    }
