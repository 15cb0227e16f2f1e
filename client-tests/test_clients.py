"""Every scenario of the library, met by every client; and its red control."""

import pytest

from cases import CASES
from harness.client import CLIENTS
from harness.expect import Mismatch, check
from harness.observe import observe

EVERY = [pytest.param(case, client, id=f"{case.scenario}-{client}") for case in CASES for client in CLIENTS]


@pytest.mark.parametrize("case, client", EVERY)
def test_client_sees(case, client, tmp_path, keep):
    seen = observe(case, client, tmp_path)
    check(case.sees[client], seen)
    keep(case, client, seen.client | {"connections": seen.connections})


@pytest.mark.parametrize("case, client", EVERY)
def test_red_control(case, client, tmp_path):
    """Without the fault the client is well, and the same check fails: so it is the fault that the check sees."""
    seen = observe(case, client, tmp_path, control=True)
    assert seen.client["outcome"] == "ok", f"a healthy server should please {client}\n{seen}"
    with pytest.raises(Mismatch):
        check(case.sees[client], seen)
