"""What the drivers above ODBC have in common: what an ODBC diagnostic says, and its placeholders."""

import re

from harness import serving

# [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Login failed for user 'sa'. (18456) (SQLDriverConnect)
NUMBER = re.compile(r"\((\d+)\) \(SQL\w+\)")


def describe(exception):
    """ODBC knows a state, a native number and a text; not the server's state and class."""
    text = " ".join(str(argument) for argument in exception.args) or repr(exception)
    number = NUMBER.search(text)
    return {"type": type(exception).__name__, "number": int(number.group(1)) if number else None, "text": text}


class OdbcSession(serving.Dbapi):
    placeholder = "?"

    def messages(self, cursor):
        """(‘[01000] (0)’, ‘[driver][SQL Server]text’): the text is what is left behind the last bracket."""
        return [{"text": re.sub(r"^(\[[^]]*\])+", "", text)} for _, text in cursor.messages or []]

    def call(self, procedure, params):
        raise serving.NotOffered("no output parameters: its API binds input only")
