"""The shared case list of the drivers, a file per subject. Each driver runs each case where its API allows."""

import importlib
import pkgutil

from driver_cases.case import CASES

SUBJECTS = ("connecting", "logins", "queries", "types", "requests", "waiting", "pooling", "mars", "elsewhere")
for subject in SUBJECTS:
    importlib.import_module(f"{__name__}.{subject}")
unread = {module.name for module in pkgutil.iter_modules(__path__)} - set(SUBJECTS) - {"case", "offers", "pending"}
if unread:
    raise ImportError(f"driver_cases: {', '.join(sorted(unread))} is in no table of contents")

__all__ = ["CASES"]
