"""The demo of tools/run: a server that refuses and then accepts, and tsql trying until it gets in, side by side."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

SCENARIO = "refused-then-accepts"
OPTIONS = ["--set", "time=3s"]
PAUSE = 1.0  # seconds between two attempts of the client, as an application might wait
GIVE_UP = 30  # attempts
SETTLE = 0.1  # seconds for the server's lines to be read first: they happened first

coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
talking = threading.Lock()


def paint(code, text):
    return f"\033[{code}m{text}\033[0m" if coloured else text


def say(who, text):
    """One line of one side; `who` is also its colour."""
    label = {"server": paint("36", "server │"), "client": paint("33", "client │"), "": paint("2", "       │")}[who]
    with talking:
        print(f"{label} {text}", flush=True)


class Server:
    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary, "run", SCENARIO, *OPTIONS, "--color", "always" if coloured else "never"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
        )
        self.ready = threading.Event()
        self.port = None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            found = re.match(r"READY \S+=[^\s]*:(\d+)", line)
            if found:
                self.port = int(found.group(1))
            if line.strip():
                say("server", line.rstrip())
            if found:
                self.ready.set()
        self.ready.set()

    def stop(self):
        """Ends it as Ctrl+C would; its exit code says whether the scenario's expectations were met."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(10)
        self.reader.join(10)
        return code


def ask(port):
    """One attempt of a real client: (got in, what it said)."""
    try:
        done = subprocess.run(
            ["tsql", "-H", "127.0.0.1", "-p", str(port), "-U", "sa", "-P", "secret", "-o", "qfh"],
            input="SELECT @@VERSION\nGO\nEXIT\n", capture_output=True, text=True, timeout=10,
        )
    except subprocess.TimeoutExpired:
        return False, "no answer within 10 s"
    complaint = re.search(r"^(Error|Msg) (\d+).*\n((?:\t.*\n?)*)", done.stderr, re.MULTILINE)
    if complaint:
        return False, f"{complaint.group(1)} {complaint.group(2)}: {' '.join(complaint.group(3).split())}"
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return bool(lines) and done.returncode == 0, (lines or ["it said nothing"])[0]


def main():
    binary = sys.argv[1]
    say("", f"$ tdsfake run {SCENARIO} {' '.join(OPTIONS)}")
    server = Server(binary)
    server.ready.wait(10)
    if server.port is None:
        say("", f"the server did not start (exit code {server.process.wait(10)}): see above")
        return 4
    say("", f"$ tsql -H 127.0.0.1 -p {server.port} -U sa     (again every {PAUSE:.0f} s until it gets in)")
    in_at_last = False
    for attempt in range(1, GIVE_UP + 1):
        if attempt > 1:
            time.sleep(PAUSE)
        in_at_last, told = ask(server.port)
        time.sleep(SETTLE)
        say("client", f"attempt {attempt}: {told}")
        if in_at_last:
            break
    code = server.stop()
    fine = in_at_last and code == 0
    say("", f"{'A client that retries survives this failure' if fine else 'This did not go as it should'}: "
            f"in after {attempt} attempts, tdsfake's exit code is {code} ({'expectations met' if code == 0 else 'not met'}).")
    say("", "Next: tools/run SCENARIO runs any scenario; build/release/tdsfake list names them all.")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
