"""The shared case list: a file per class of failure, as in scenarios/."""

import importlib
import pkgutil

CASES = [
    one
    for module in sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "case")
    for one in importlib.import_module(f"{__name__}.{module}").CASES
]
