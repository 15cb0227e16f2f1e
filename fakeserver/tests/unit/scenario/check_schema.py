#!/usr/bin/env python3
"""Holds scenarios/scenario.schema.json to the loader's verdict.

The corpus (corpus/valid, corpus/invalid), the library and the examples of the reference are validated twice: with every
scalar as text, as the loader reads them, and as typed YAML, as an editor does. The C++ unit test holds the loader to the
same files. An invalid file may say `# schema: accepts` when its error is none that a schema can express.

Needs the Debian packages python3-yaml and python3-jsonschema.
usage: check_schema.py SCHEMA CORPUS SCENARIOS
"""

import json
import pathlib
import re
import sys

try:
    import yaml
    from jsonschema import Draft202012Validator
except ImportError as missing:
    sys.exit(f"check_schema.py: {missing}: install the Debian packages python3-yaml and python3-jsonschema")


class TextLoader(yaml.SafeLoader):
    """Every scalar is text, plain null excepted: the loader's view."""


class TypedLoader(yaml.SafeLoader):
    """YAML 1.1 types, dates excepted, which no JSON Schema validator knows."""


def keep_resolvers(loader, tags):
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in tags]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


CORE = "tag:yaml.org,2002:"
keep_resolvers(TextLoader, {CORE + "null"})
keep_resolvers(TypedLoader, {CORE + t for t in ("null", "bool", "int", "float")})


def words_as_keys(value):
    """JSON has text keys only; typed YAML may have made something else of them."""
    if isinstance(value, dict):
        return {k if isinstance(k, str) else json.dumps(k): words_as_keys(v) for k, v in value.items()}
    if isinstance(value, list):
        return [words_as_keys(v) for v in value]
    return value


def schema_accepts(validator, text, loader):
    """(verdict, reason)."""
    try:
        document = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        return False, f"YAML: {error}"
    try:
        error = next(validator.iter_errors(words_as_keys(document)), None)
    except RecursionError:
        return False, "a document that contains itself"
    if error is None:
        return True, "accepted"
    return False, f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def main():
    schema_path, corpus, scenarios = map(pathlib.Path, sys.argv[1:4])
    schema = json.loads(schema_path.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    cases = []  # name, text, expected
    for path in sorted((corpus / "valid").glob("*.yaml")):
        cases.append((path.name, path.read_text(), True))
    for path in sorted((corpus / "invalid").glob("*.yaml")):
        text = path.read_text()
        cases.append((path.name, text, "# schema: accepts" in text))
    for path in sorted(scenarios.glob("*/*.yaml")):
        cases.append((path.name, path.read_text(), True))
    reference = (scenarios / "README.md").read_text()
    for number, text in enumerate(re.findall(r"^```yaml\n(.*?)^```", reference, re.M | re.S), 1):
        cases.append((f"README.md, example {number}", text, True))

    failures = 0
    for name, text, expected in cases:
        for loader in (TextLoader, TypedLoader):
            verdict, reason = schema_accepts(validator, text, loader)
            if verdict != expected:
                failures += 1
                wanted = "accepted" if expected else "rejected"
                print(f"{name} ({loader.__name__}): the loader's verdict is `{wanted}`, the schema's is not: {reason}")
    print(f"{len(cases)} documents, {2 * len(cases)} verdicts, {failures} disagreements")
    minimum = {"valid": 40, "invalid": 60}
    for folder, least in minimum.items():
        found = len(list((corpus / folder).glob("*.yaml")))
        if found < least:
            failures += 1
            print(f"corpus/{folder} has {found} files, fewer than {least}: is the path right?")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
