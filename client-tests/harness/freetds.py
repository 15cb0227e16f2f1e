"""What the command-line clients of FreeTDS have in common: their configuration file, and the complaints they print."""

import os
import pathlib
import re
import tempfile

from harness import serving

# "Error 20009 (severity 9):" is the library's own, "Msg 18456 (severity 14, state 1) from FAKE Line 1:" the server's.
COMPLAINT = re.compile(r'^\r?(Error|Msg) (\d+) \((?:severity|level) (\d+)(?:, state (\d+))?.*?\).*\n((?:\t.*\n?)*)', re.MULTILINE)
ENCRYPTION = {"off": "off", "login": "request", "on": "require"}


class Complaint(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.text = text


def not_offered(options):
    if options.get("token") or options.get("new_password") or options.get("partner") or options.get("reconnect"):
        raise serving.NotOffered("FreeTDS has no such thing")


def user(options):
    """A user with a domain logs in by NTLM."""
    return f"{options['domain']}\\{options['user']}" if options.get("domain") else options["user"]


def configuration(options):
    """A freetds.conf with one server, `fake`; its path."""
    if options["encrypt"] == "strict":
        raise serving.NotOffered("FreeTDS 1.3 has no TDS 8.0")
    lines = [
        "[fake]", f"host = {options['host']}", f"tds version = {options.get('tds', '7.4')}",
        f"encryption = {ENCRYPTION[options['encrypt']]}", f"connect timeout = {options['timeout']}",
        f"database = {options['database']}",
        f"instance = {options['instance']}" if options.get("instance") else f"port = {options['port']}",
    ]
    if options.get("intent") == "read-only":
        lines.append("read-only intent = yes")
    if options.get("packet_size"):
        lines.append(f"initial block size = {options['packet_size']}")
    not_offered(options)
    handle, path = tempfile.mkstemp(prefix="freetds-", suffix=".conf")
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
    return pathlib.Path(path)
