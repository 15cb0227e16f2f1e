"""A network of this process's own, so that nothing else is on its loopback."""

import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000


def own_network():
    """None, or why there is none. Processes started later are in it as well."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        return f"unshare: {os.strerror(ctypes.get_errno())}; run as root or under `unshare -Urn`"
    up = subprocess.run(["ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    return up.stderr if up.returncode else None
