"""tsql in the long-lived mode: one tsql per connection, its output read up to the next prompt."""

import os
import re
import subprocess

from harness import freetds, serving

FOOTER = re.compile(r"^\((\d+) rows? affected\)$")
PROMPT = re.compile(r"(?:^|\n|\d> )1> $")


class Session(serving.Session):
    def __init__(self, options):
        self.configuration = freetds.configuration(options)
        # Unbuffered, because tsql keeps what it prints to a pipe until its end.
        self.process = subprocess.Popen(
            ["stdbuf", "-o0", "tsql", "-S", "fake", "-U", freetds.user(options), "-P", options["password"],
             "-D", options["database"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=os.environ | {"FREETDSCONF": str(self.configuration)},
        )
        os.set_blocking(self.process.stderr.fileno(), False)
        self.answer()

    def answer(self):
        """What tsql prints up to its next prompt; raises when it ends instead."""
        text = ""
        while not PROMPT.search(text):
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                os.set_blocking(self.process.stderr.fileno(), True)
                complaints = self.process.stderr.read().decode()
                self.close()
                raise freetds.Complaint(complaints)
            text += piece.decode("utf-8", "replace")
        return text

    def complaints(self):
        """What tsql has written to its standard error so far: it does so before the prompt."""
        text = b""
        try:
            while piece := os.read(self.process.stderr.fileno(), 65536):
                text += piece
        except BlockingIOError:
            pass
        return text.decode("utf-8", "replace")

    def query(self, sql, params=(), timeout=None, prepared=False):
        if params or prepared:
            raise serving.NotOffered("it sends text")
        if timeout is not None:
            raise serving.NotOffered("it has no timeouts")
        self.process.stdin.write(f"{sql}\nGO\n".encode())
        self.process.stdin.flush()
        # A prompt for the next line of the statement, one per line, and then what the server answered.
        printed = re.sub(r"^(?:\d+> )+", "", self.answer()).rstrip()
        complaints = self.complaints()
        if "tds_submit_query() failed" in complaints:  # all that it says of a dead connection
            raise freetds.Complaint(complaints)
        errors = [one for one in freetds.COMPLAINT.findall(complaints) if one[0] == "Error" or int(one[2]) > 10]
        if errors:
            raise freetds.Complaint(complaints)
        told = [{"number": int(number), "state": int(state or 0), "class": int(severity), "text": text.strip().strip('"')}
                for _, number, severity, state, text in freetds.COMPLAINT.findall(complaints)]
        # What PRINT says has no number, and tsql writes it as it is.
        told += [{"text": line} for line in freetds.COMPLAINT.sub("", complaints).splitlines() if line.strip()]
        return {"results": results(printed), "messages": told}

    def close(self):
        self.process.kill()
        self.process.communicate()
        self.configuration.unlink(missing_ok=True)


def results(printed):
    """A line of names, the rows, and "(2 rows affected)" below; the last alone when there are no rows to show."""
    found, lines = [], []
    for line in printed.splitlines():
        footer = FOOTER.match(line)
        if not footer:
            if line not in ("", "1>"):
                lines.append([None if value == "NULL" else value for value in line.split("\t")])
        elif lines:
            found.append({"columns": lines[0], "rows": lines[1:]})
            lines = []
        else:
            found.append({"affected": int(footer.group(1))})
    return found


def open(options):  # noqa: A001: the name of the operation
    return Session(options)


def describe(exception):
    if not isinstance(exception, freetds.Complaint):
        return {"type": type(exception).__name__, "number": None, "text": str(exception)}
    found = freetds.COMPLAINT.findall(exception.text)
    told = next((one for one in found if one[0] == "Msg"), found[0] if found else None)
    if told is None:
        return {"type": "silent", "number": None, "text": exception.text.strip()}
    return {"type": told[0], "number": int(told[1]), "class": int(told[2]), "state": int(told[3]) if told[3] else None,
            "text": told[4].strip().strip('"')}
