"""A case of the drivers: a scenario, what the driver is told to do, what it and the journal must show."""

import dataclasses
import typing

from harness.talk import Mismatch, equal, expect

HEALTHY = "tdsfake: 1\nserver: {}\n"


@dataclasses.dataclass(frozen=True)
class Case:
    name: str                 # group.what
    about: str                # in the table
    run: typing.Callable      # run(talk)
    scenario: str = HEALTHY
    # The red control: the same case with this scenario must not hold. None: the scenario is healthy through and through,
    # and the case says itself why it can fail.
    control: str = HEALTHY
    needs: tuple = ()         # what the server must be able to do, see pending.py
    ca: bool = False          # the server writes its CA's certificate, and the driver is told to trust it


CASES = []


def case(name, about, **more):
    """Decorates run(talk)."""

    def take(run):
        CASES.append(Case(name, about, run, **more))
        return run

    return take


__all__ = ["CASES", "HEALTHY", "Case", "Mismatch", "case", "equal", "expect"]
