"""What is wrong with settings, in words: which key, which value it has, and what is allowed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SECRET = ("password",)
"""Keys that end in this hold something nobody else may read: their values are not repeated."""

Schema = Mapping[str, Any]


def explain(problems: Sequence[Mapping[str, Any]], schema: Schema) -> Iterator[tuple[str, str]]:
    """Each problem as its key (`link.port`), and a sentence about it.

    Args:
        problems: what pydantic found (`ValidationError.errors()`).
        schema: the JSON schema of the whole file, which knows what is allowed.
    """
    for problem in problems:
        path, allowed = _follow(problem["loc"], schema)
        kind, value = problem["type"], problem["input"]
        if kind.startswith("union_tag"):  # the problem is about the key that says which variant this is
            tag = str(problem["ctx"]["discriminator"]).strip("'")
            path, allowed = [*path, tag], {"enum": list(allowed.get("discriminator", {}).get("mapping", {}))}
            kind, value = ("missing", None) if kind == "union_tag_not_found" else (kind, value[tag])
        yield ".".join(path), _sentence(".".join(path), kind, value, problem["msg"], _allowed(allowed))


def _sentence(key: str, kind: str, value: Any, message: str, allowed: str) -> str:
    if kind == "missing":
        return f"{key} is missing" + (f"; allowed: {allowed}" if allowed else "")
    if kind == "extra_forbidden":
        return f"{key}: there is no such key"
    shown = "" if key.endswith(SECRET) or not isinstance(value, str | int | float) else f" = {value!r}"
    if kind == "value_error" or not allowed:
        return f"{key}{shown}: {message.removeprefix('Value error, ')}"
    return f"{key}{shown}: allowed: {allowed}"


def _follow(loc: Sequence[str | int], schema: Schema) -> tuple[list[str], Schema]:
    """The key as the file has it, without the names of variants, and the schema of its value."""
    path: list[str] = []
    here = schema
    for part in loc:
        variants = here.get("discriminator", {}).get("mapping", {})
        if part in variants:
            here = _resolved({"$ref": variants[part]}, schema)
            continue
        path.append(str(part))
        inside = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, {})
        here = _resolved(inside, schema)
    return path, here


def _resolved(here: Schema, schema: Schema) -> Schema:
    """What a reference points to; of a key that may be left out, what it is when it is not."""
    if "anyOf" in here:
        here = next(each for each in here["anyOf"] if each.get("type") != "null")
    name = here.get("$ref")
    return schema["$defs"][name.rsplit("/", 1)[-1]] if name else here


def _allowed(schema: Schema) -> str:
    """What a value may be; empty if its schema draws no bounds."""
    match schema:
        case {"enum": list(values)}:
            words = ", ".join(map(repr, values))
        case {"const": value}:
            words = repr(value)
        case {"format": "path"}:
            words = "the path of a file"
        case {"type": "integer" | "number" as kind}:
            low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
            bounds = (f" from {low}" if low is not None else "") + (f" to {high}" if high is not None else "")
            words = ("a whole number" if kind == "integer" else "a number") + bounds
        case {"type": "boolean"}:
            words = "true or false"
        case {"pattern": str(pattern)}:
            words = f"text that matches {pattern}"
        case {"maxLength": int(high)}:
            words = f"text of {schema.get('minLength', 0)} to {high} characters"
        case _:
            words = ""
    return words
