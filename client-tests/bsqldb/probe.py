"""bsqldb: the batch client of FreeTDS, on DB-Library. One run, and so one connection, per statement."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

from harness import freetds, serving  # noqa: E402


class Session(serving.Session):
    def __init__(self, options):
        self.options = options
        self.query("")

    def query(self, sql, params=(), timeout=None, prepared=False):
        if params or prepared:
            raise serving.NotOffered("it sends text")
        if timeout is not None:
            raise serving.NotOffered("it has no timeouts")
        configuration = freetds.configuration(self.options)
        try:
            done = subprocess.run(
                ["bsqldb", "-S", "fake", "-U", freetds.user(self.options), "-P", self.options["password"],
                 "-D", self.options["database"], "-h", "-t", "\t"],
                input=f"{sql}\nGO\n" if sql else "", capture_output=True, text=True, errors="replace",
                env=os.environ | {"FREETDSCONF": str(configuration)},
            )
        finally:
            configuration.unlink(missing_ok=True)
        told = messages(done.stderr)
        # What PRINT says has no number, and stands there as it is.
        told += [{"class": 0, "text": line} for line in MESSAGE.sub("", done.stderr).splitlines() if line.strip()]
        if done.returncode or any(one["class"] > 10 for one in told):
            raise freetds.Complaint(done.stderr)
        return {"results": tables(done.stdout), "messages": told}

    def close(self):
        pass


# Msg 50000, Level 0, State 1 … and below it the text; errors of the library itself come in one line.
MESSAGE = re.compile(r"^Msg (\d+), Level (\d+), State (\d+)$\n(?:^(?:Server|Procedure|Line).*\n)*^(?:\t)?(.*)$", re.MULTILINE)


def messages(text):
    return [
        {"number": int(number), "class": int(level), "state": int(state), "text": message.strip()}
        for number, level, state, message in MESSAGE.findall(text)
    ]


def tables(text):
    """Each result is a line of names, a line of dashes, and the rows."""
    found, before = [], None
    for line in text.splitlines():
        cells = [None if cell.strip() == "NULL" else cell.strip(" ") for cell in line.split("\t")]
        if before is not None and re.fullmatch(r"[-\s]+", line) and "-" in line:
            if found:
                found[-1]["rows"].pop()  # it was no row, but the names of this result
            found.append({"columns": before, "rows": []})
        elif found:
            found[-1]["rows"].append(cells)
        before = cells
    return [{"columns": one["columns"], "rows": [row for row in one["rows"] if row != [""]]} for one in found]


def open(options):  # noqa: A001: the name of the operation
    return Session(options)


def describe(exception):
    if not isinstance(exception, freetds.Complaint):
        return {"type": type(exception).__name__, "number": None, "text": str(exception)}
    told = [one for one in messages(exception.text) if one["class"] > 10]
    return {"type": "Msg"} | told[0] if told else {"type": "silent", "number": None, "text": exception.text.strip()}


if __name__ == "__main__":
    serving.serve(sys.modules[__name__])
