"""A story is a test with its red control: the same test without the fault, which must fail."""

import inspect

import fake as fakes
import pytest
import tds_client

RED_PATIENCE = 0.6  # what must come in the story does not come here: do not wait long for it


def must_fail(body, tries=3):
    """`body` fails. A slow machine may make one that looks for slowness pass by chance, so it may try again."""
    for _ in range(tries):
        try:
            body()
        except (AssertionError, OSError):
            return
    pytest.fail("the red control passes: this test cannot see the fault")


def story(*faults, red=(), red_gate=None, gate=None, server="", verify=(), exit=0, options=(), wrapper=()):
    """Makes two tests of one body, which gets the running server as `fake`.

    The story has `faults` and `gate`, and its program must exit with `exit`. The red control has `red` and `red_gate`
    instead, by default nothing, and there the body must fail with an AssertionError. `red=None`: no control, for
    bodies that state a control of their own.
    """

    def wrap(body):
        controls = ["story"] if red is None else ["story", "red"]

        @pytest.mark.parametrize("control", controls)
        def test(control, start, monkeypatch):
            if control == "story":
                text = fakes.scenario(faults, gate, server, verify)
                running = start(text, *options, wrapper=wrapper)
                body(running)
                code = running.stop()
                assert code == exit, f"exit code {code}\n{running.stdout}\n{running.stderr}"
                return
            monkeypatch.setattr(tds_client, "patience", RED_PATIENCE)
            must_fail(lambda: body(start(fakes.scenario(red, red_gate, server), *options, wrapper=wrapper)))

        test.__name__ = body.__name__
        test.__doc__ = inspect.getdoc(body)
        test.__module__ = body.__module__
        return test

    return wrap
