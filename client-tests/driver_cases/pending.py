"""What the server cannot do yet, in this version of the tree. A case that needs it is expected to fail, strictly: when the
feature has landed and the case passes, the test fails until its line is taken out here."""

import fnmatch

PENDING = {
    "types": "columns are int and nvarchar yet",
    "info": "a query has no `info` yet",
    "procedures": "a query has no `procedure`, `outputs` and `return` yet",
    "parameters": "the journal does not tell the parameters of an RPC yet",
    "prepared": "sp_prepare and its family are not served yet",
    "bulk": "INSERT BULK is not served yet",
    "routing": "no routing step yet",
}
# Where only some drivers need it, or some do not: (driver, cases): reason, or None.
PENDING_FOR = {
    ("pymssql", "parameters.*"): None,
    ("pytds", "parameters.null"): None,
    ("pytds", "pool.*"): "RPC sp_reset_connection is not answered yet",
} | {
    ("sqlalchemy", cases): "SELECT schema_name(), which it sends at connect, is not answered yet"
    for cases in ("connect.*", "login.database", "login.read-only", "tls.off-*", "tls.required-*", "query.*", "transaction.*",
                  "pool.*", "parameters.*", "type.*", "browser.*")
}


def pending(driver, case):
    """The reasons why a case cannot pass yet with a driver."""
    special = [why for (of, cases), why in PENDING_FOR.items() if of == driver and fnmatch.fnmatchcase(case.name, cases)]
    if None in special:
        return []
    return special + [PENDING[need] for need in case.needs if need in PENDING]
