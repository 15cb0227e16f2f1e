"""A case: one scenario of the library, how the clients are used against it, and what each of them and the journal say."""

import dataclasses

from harness.client import CLIENTS
from harness.expect import Does, Sees


@dataclasses.dataclass(frozen=True)
class Case:
    scenario: str
    sees: dict                        # by client
    action: str = "select"
    params: dict = dataclasses.field(default_factory=dict)   # --set
    options: dict = dataclasses.field(default_factory=dict)  # of the probe
    deadline: float = 6.0             # seconds after its start, then a client counts as hung
    # idle-then-select: what must be in the journal before the second query: (event, {field: value}).
    idle_until: tuple = None

    def idle_is_over(self, events):
        event, fields = self.idle_until
        return any(e["event"] == event and all(e.get(k) == v for k, v in fields.items()) for e in events)


def case(scenario, *, does=None, action="select", params=None, options=None, deadline=6.0, idle_until=None, **sees):
    """`does` holds for the clients that do not bring their own."""
    missing = set(CLIENTS) - set(sees)
    if missing:
        raise ValueError(f"{scenario}: nothing said about {', '.join(sorted(missing))}")
    full = {name: one if one.does or does is None else dataclasses.replace(one, does=does) for name, one in sees.items()}
    return Case(scenario, full, action, params or {}, {"timeout": 2} | (options or {}), deadline, idle_until)


def ok(**more):
    return Sees("ok", **more)


def error(number=None, text=None, **more):
    return Sees("error", number=number, text=text, **more)


def hung(phase, **more):
    """Still nothing at the deadline, though the client was given a timeout where it takes one."""
    return Sees("hung", phase=phase, **more)


__all__ = ["Case", "Does", "Sees", "case", "error", "hung", "ok"]
