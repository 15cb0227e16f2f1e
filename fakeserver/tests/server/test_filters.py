"""Kernels that let no ordinary process attach a socket filter: what needs one is refused at the start, not left out."""

import subprocess
import sys

import fake as fakes
import pytest

WITHOUT = ["setpriv", "--bounding-set", "-net_admin,-bpf,-sys_admin", "--inh-caps", "-net_admin,-bpf,-sys_admin"]
ATTACHES = """
import ctypes, socket, struct
program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
socket.socket().setsockopt(socket.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))
"""


@pytest.fixture(scope="module")
def wrapper():
    """Something that runs a command without the capability, which this kernel wants."""
    tried = subprocess.run([*WITHOUT, sys.executable, "-c", ATTACHES], capture_output=True, text=True)
    if "setpriv" in tried.stderr:
        return []  # an ordinary user has nothing to give up
    return WITHOUT


@pytest.fixture(scope="module")
def wanted(wrapper):
    return subprocess.run([*wrapper, sys.executable, "-c", ATTACHES], capture_output=True).returncode != 0


NEEDS = {
    "drop": dict(gate="drop"),
    "a turn to refuse": dict(gate="[accept: {for: 1h}, refuse]"),
    "a step that turns to refuse": dict(faults=["{at: login, unused: allowed, do: {gate: refuse}}"]),
    "vanish": dict(faults=["{at: login, unused: allowed, do: vanish}"]),
    "others vanish": dict(faults=["{at: login, unused: allowed, do: {vanish: others}}"]),
    "a full queue": dict(gate="backlog-full"),
    "counting connects": dict(gate="refuse", verify=["attempts: 0"]),
}


@pytest.mark.parametrize("what", [pytest.param(w, marks=pytest.mark.net_raw if "counting" in w else ()) for w in NEEDS])
def test_what_needs_a_filter_is_refused_where_there_is_none(start, wrapper, wanted, what):
    text = fakes.scenario(**NEEDS[what])
    if not wanted:
        start(text, wrapper=wrapper)
        return
    with pytest.raises(fakes.StartFailed, match=r"exit 3: .*needs a socket filter.*setcap cap_net_admin.*, or "):
        start(text, wrapper=wrapper, may_lack=["CAP_NET_ADMIN"])


@pytest.mark.parametrize("gate", [None, "refuse", "[refuse: {for: 10ms}, accept]"])
def test_what_needs_none_runs_everywhere(start, wrapper, gate):
    fake = start(fakes.scenario(["{at: query, do: {error: 1205}}"], gate=gate), wrapper=wrapper)
    if gate != "refuse":
        fake.wait_event("gate", mode="accept")
        with fake.logged_in() as client:
            assert client.batch("SELECT 1").errors == [1205]
