"""What the server cannot do yet, in this version of the tree. A case that needs it is expected to fail, strictly: when the
feature has landed and the case passes, the test fails until its line is taken out here."""

import fnmatch

# By what cases need (their `needs`): reason.
PENDING = {}
# Where only some drivers need it, or some do not: (driver, cases): reason, or None.
PENDING_FOR = {}


def pending(driver, case):
    """The reasons why a case cannot pass yet with a driver."""
    special = [why for (of, cases), why in PENDING_FOR.items() if of == driver and fnmatch.fnmatchcase(case.name, cases)]
    if None in special:
        return []
    return special + [PENDING[need] for need in case.needs if need in PENDING]
