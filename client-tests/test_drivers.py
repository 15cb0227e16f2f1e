"""Every case of the drivers, with every driver that offers it; and its red control, with the first of them."""

import pytest

from driver_cases import CASES
from driver_cases.case import Mismatch
from driver_cases.offers import deviation, not_offered
from driver_cases.pending import pending
from harness.server import HarnessError, Server, own_address
from harness.talk import Talk
from harness.toolchains import CONFIGURATION, DRIVERS, unusable
from judge.session import Witness

DEFAULTS = {"user": "sa", "password": "secret", "database": "master", "timeout": 15, "encrypt": "off", "trust": True}
ALL = object()


def parameter(case, driver):
    marks = [pytest.mark.xdist_group(driver)]
    missing = pending(driver, case)
    if missing:
        marks.append(pytest.mark.xfail(strict=True, raises=(Mismatch, HarnessError), reason="; ".join(missing)))
    return pytest.param(case, driver, id=f"{case.name}-{driver}", marks=marks)


def usable():
    for driver in DRIVERS:
        why = unusable(driver)
        if why is None:
            yield driver


USABLE = list(usable())
EVERY = [parameter(case, driver) for driver in USABLE for case in CASES if not not_offered(driver, case)]


def firsts():
    for case in CASES:
        offering = [driver for driver in USABLE if not not_offered(driver, case) and not deviation(driver, case)]
        offering = [driver for driver in offering if not pending(driver, case)]
        if offering and case.control is not None:
            yield parameter(case, offering[0])


@pytest.mark.parametrize("driver", [pytest.param(driver, marks=pytest.mark.xdist_group(driver)) for driver in DRIVERS])
def test_driver_can_be_used_here(driver, probes):
    why = unusable(driver)
    if why:
        pytest.skip(f"{driver} {CONFIGURATION['driver'][driver]['version']} is not tested: {why}")
    assert probes.get(driver).loaded


def carry_out(case, driver, scenario, probes, folder, malformed=None):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scenario.yaml"
    path.write_text(scenario)
    defaults = dict(DEFAULTS)
    more = []
    if case.ca:
        defaults["ca"] = str(folder / "ca.pem")
        more = ["--ca-file", defaults["ca"]]
    # The Browser's port is always the same, so its address is this worker's own.
    params = {"host": own_address()} if "$host" in scenario else {}
    witness = Witness(driver, case.name if scenario is case.scenario else f"red control of {case.name}", malformed)
    server = Server(folder, path, params, [*more, *witness.options])
    with server:
        talk = Talk(driver, probes, server, defaults)
        try:
            case.run(talk)
        except Mismatch as mismatch:
            raise Mismatch(f"{mismatch}\nthe journal says\n{server.story()}") from None
        finally:
            talk.leave()
            server.stop()
            witness.tell(server)


@pytest.mark.parametrize("case, driver", EVERY)
def test_driver(case, driver, probes, tmp_path, keep_driver):
    known = deviation(driver, case)
    try:
        carry_out(case, driver, case.scenario, probes, tmp_path)
    except Mismatch as mismatch:
        if known is None or known.seen not in str(mismatch):
            raise
        keep_driver(case, driver, "works" if known.sometimes else "deviates")
        return
    assert known is None or known.sometimes, f"the known deviation is not there any more: {known}"
    keep_driver(case, driver, "works")


@pytest.mark.parametrize("case, driver", list(firsts()))
def test_red_control(case, driver, probes, tmp_path):
    """With the other scenario the same case does not hold: so the case can fail."""
    with pytest.raises(Mismatch):
        carry_out(case, driver, case.control, probes, tmp_path)
