"""Every scenario of the library, met by real drivers: what the application sees is what outcomes/ has; and without the
fault it is not."""

import concurrent.futures
import dataclasses
import itertools
import os
import queue

import pytest

from harness import sightings
from harness.application import observe
from harness.drivers import Probe
from harness.plans import plans
from harness.server import HarnessError, binary
from harness.talk import Mismatch
from harness.toolchains import DRIVERS, unusable

QUICK = ("pymssql", "pytds", "mssql-python", "tedious")
# Drivers that keep something of a connection for the next one in the same process: pymssql reports the number of an error of
# before, when it has none of now. They get a process for each run.
FRESH = ("pymssql",)
# The first TLS connection of a JVM takes seconds, more than the timeouts of the plans: one comes before what counts.
COLD = ("mssql-jdbc", "jtds", "hikaricp")
# "all", or some by name.
WANTED = os.environ.get("TDSFAKE_DRIVERS", ",".join(QUICK))
CHOSEN = DRIVERS if WANTED == "all" else [driver for driver in DRIVERS if driver in WANTED.split(",")]
RECORDED = sightings.all_recorded()


def group(driver):
    return f"scenarios-{driver}"


def chosen():
    for driver in CHOSEN:
        if unusable(driver) is None:
            for plan in plans().values():
                yield pytest.param(plan, driver, id=f"{plan.scenario}-{driver}", marks=pytest.mark.xdist_group(group(driver)))


class Campaign:
    """All runs of one driver: several processes of it, several scenarios at a time, in the order of the tests."""

    def __init__(self, driver):
        self.driver = driver
        at_once = 4 if driver in COLD else 8  # they mostly wait
        self.threads = concurrent.futures.ThreadPoolExecutor(at_once)
        self.free = queue.LifoQueue()
        for _ in range(at_once):
            self.free.put(None)
        self.slots = itertools.count(1)
        self.runs = {}
        self.made = []

    def start(self, plan):
        if plan.scenario not in self.runs:
            self.runs[plan.scenario] = self.threads.submit(self.run, plan)
        control = self.control_of(plan)
        if control not in self.runs:
            self.runs[control] = self.threads.submit(self.run, plan, True)

    @staticmethod
    def control_of(plan):
        """Runs without a fault are the same for all plans that do the same."""
        return (plan.action, *sorted(plan.options.items()))

    def run(self, plan, control=False):
        probe = self.free.get()
        if isinstance(probe, tuple):
            probe, slot = probe
        else:
            slot = next(self.slots)
        if probe is None or probe.ended or self.driver in FRESH or probe.process.poll() is not None:
            probe = Probe(self.driver)
            self.made.append(probe)
        # Clients ask for instances at UDP port 1434 and nowhere else: an address for each run at a time.
        address = f"127.{192 + slot}.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
        try:
            if self.driver in COLD and probe.last == 0:
                observe(dataclasses.replace(plan, within=60, options=plan.options | {"timeout": 30}), probe, address, True)
            return observe(plan, probe, address, control)
        except HarnessError:
            probe.kill()
            raise
        finally:
            if self.driver in FRESH:
                probe.kill()
            self.free.put((probe, slot))

    def end(self):
        self.threads.shutdown(cancel_futures=True)
        for probe in self.made:
            probe.kill()


@pytest.fixture(scope="session")
def campaigns():
    made = {}
    yield made
    for campaign in made.values():
        campaign.end()


@pytest.fixture
def campaign(request, campaigns):
    driver = request.node.callspec.params["driver"]
    if driver not in campaigns:
        campaigns[driver] = Campaign(driver)
        for item in request.session.items:
            if getattr(item, "callspec", None) and item.callspec.params.get("driver") == driver and "plan" in item.callspec.params:
                campaigns[driver].start(item.callspec.params["plan"])
    return campaigns[driver]


def judged(recorded, sighting, driver):
    """The recorded lines that say the same; raises Mismatch if none does."""
    if not recorded:
        raise Mismatch(f"nothing is recorded: run with --add-outcomes\n{sighting}")
    found = [list(sightings.differences(one, sighting.seen, driver)) for one in recorded]
    if all(found):
        raise Mismatch("\n".join(min(found, key=len)) + f"\n{sighting}")
    return [one for one, differences in zip(recorded, found) if not differences]


@pytest.mark.parametrize("plan, driver", list(chosen()))
def test_scenario(plan, driver, campaign, keep_sighting):
    campaign.start(plan)
    control = campaign.runs[campaign.control_of(plan)].result()
    assert control.seen["outcome"] in ("ok", "not offered"), f"a healthy server should please {driver}\n{control}"
    try:
        sighting = campaign.runs[plan.scenario].result()
    except HarnessError as error:
        if "needs CAP_NET_RAW" in str(error):
            pytest.skip(f"the server needs CAP_NET_RAW: sudo setcap cap_net_raw+ep {binary}")
        raise
    if keep_sighting(plan, driver, sighting, control):
        return
    recorded = RECORDED.get(plan.scenario, {}).get(driver)
    for more in (2, 1, 0):
        try:
            lines = judged(recorded, sighting, driver)
            break
        except Mismatch:
            if more == 0:
                raise
            # What is recorded must come, and a machine with other things to do may have been too slow for it.
            sighting = campaign.run(plan)
    if sighting.seen["outcome"] == "not offered":
        return
    if all(one.get("not_met") for one in lines):
        assert not sighting.met, f"the fault was met, which it was not when it was recorded\n{sighting}"
        return
    assert sighting.met, f"the fault was not met: no {plan.proof} in the journal\n{sighting}"
    # The red control: without the fault the same check fails; where the driver notices nothing, the server must have.
    if any(one.get("unnoticed") for one in lines):
        assert not plan.was_met(control.events), f"the proof of the fault is there without it\n{control}"
    else:
        with pytest.raises(Mismatch):
            judged(lines, control, driver)
