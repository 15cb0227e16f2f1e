"""One case carried out: the scenario is run, the client is run against it, and both sides' reports are brought back."""

import dataclasses

from harness.client import Client
from harness.server import Server, own_address, show

HEALTHY = "tdsfake: 1\nabout: the red control, a server without a fault\nserver: {}\n"
HEALTHY_BROWSER = """tdsfake: 1
about: the red control, a server and a Browser without a fault
params: {host: 127.0.0.1}
server: {listen: $host, identity: {instance: SALES}}
browser: {listen: "$host:1434"}
"""


@dataclasses.dataclass
class Observation:
    client: dict     # the probe's result
    events: list     # the journal
    exit_code: int   # of tdsfake: 0 all expectations met, 1 not

    def of(self, event, **fields):
        return [e for e in self.events if e["event"] == event and all(e.get(k) == v for k, v in fields.items())]

    def received(self, *messages):
        return [e for e in self.of("received") if e.get("message") in messages]

    @property
    def connections(self):
        return len(self.of("connect"))

    @property
    def last_closed(self):
        closed = self.of("closed")
        return closed[-1] if closed else {}

    def __str__(self):
        return f"the client said\n  {self.client}\nthe journal says (exit code {self.exit_code})\n{show(self.events)}"


def first_query_is_answered(events):
    """An answer was sent after a request that held the probe's own SQL."""
    asked = next((i for i, e in enumerate(events) if "SELECT" in str(e.get("sql", ""))), None)
    return asked is not None and any(e["event"] == "sent" for e in events[asked:])


def every_connection_is_closed(events):
    return sum(e["event"] == "connect" for e in events) == sum(e["event"] == "closed" for e in events)


def observe(case, client_name, folder, control=False):
    """`control`: against a server without faults, everything else the same."""
    scenario, params, options = case.scenario, case.params, case.options
    by_instance = "instance" in options
    if control:
        folder.mkdir(parents=True, exist_ok=True)
        scenario, params = folder / "healthy.yaml", {}
        scenario.write_text(HEALTHY_BROWSER if by_instance else HEALTHY)
    if by_instance:
        params = params | {"host": own_address()}
        options = options | {"host": params["host"]}
    client = Client(client_name, action=case.action, **options)
    try:
        return carried_out(case, client, folder, scenario, params, control)
    finally:
        client.kill()


def carried_out(case, client, folder, scenario, params, control):
    with Server(folder, scenario, params) as server:
        client.use(server.address)
        if case.action.startswith("idle-"):
            server.journal.wait_for("the answer to the first query", first_query_is_answered)
            if not control:
                server.journal.wait_for(f"{case.idle_until}", case.idle_is_over)
            client.go_on()
        result = client.finish(case.deadline)
        # Its sockets are closed by now; a connection that vanished does not learn of it.
        server.journal.settle(every_connection_is_closed)
        exit_code = server.stop()
        return Observation(result, list(server.journal.events), exit_code)
