"""Reads a synthesised template as a person would: references by name, ARNs as text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PSEUDO = {
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Synthesised:
    """One stack's template, its references resolved to `<LogicalName>` and `<LogicalName.Attribute>`."""

    path: Path
    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]

    @classmethod
    def read(cls, outdir: Path, stack: str) -> Synthesised:
        path = outdir / f"{stack}.template.json"
        template = json.loads(path.read_text())
        named = {short(logical_id): resolved(body) for logical_id, body in template["Resources"].items()}
        assert len(named) == len(template["Resources"]), "two resources of one name"
        return cls(path, named, resolved(template["Outputs"]))

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of every resource of a type, by name."""
        return {name: body.get("Properties", {}) for name, body in self.resources.items() if body["Type"] == kind}

    def one(self, kind: str, fragment: str = "") -> dict[str, Any]:
        """Properties of the only resource of a type whose name holds a fragment."""
        found = [body for name, body in self.of_type(kind).items() if fragment in name]
        assert len(found) == 1, f"{len(found)} of {kind} with {fragment!r}"
        return found[0]

    def function(self, name: str) -> dict[str, Any]:
        """Properties of one function, by the name of its folder."""
        return self.one("AWS::Lambda::Function", f"Functions{name.replace('_', '')}Function")

    def permissions(self, name: str) -> set[tuple[str, str]]:
        """Every (action, resource) that one function's role allows."""
        role = self.one("AWS::IAM::Role", f"Functions{name.replace('_', '')}Role")
        assert "ManagedPolicyArns" not in role
        return {pair for policy in role["Policies"] for pair in allowed(policy["PolicyDocument"])}


def allowed(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Every (action, resource) of a policy document, which must only allow."""
    pairs = set()
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & set(statement)
        pairs |= {(a, r) for a in several(statement["Action"]) for r in several(statement["Resource"])}
    return pairs


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def short(logical_id: str) -> str:
    """A logical id without the hash that CDK puts at its end."""
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


def resolved(value: Any) -> Any:
    """A template's value with its intrinsic functions carried out as far as text goes."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": name}:
            return PSEUDO.get(name, f"<{short(name)}>")
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{short(name)}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(resolved(part) for part in parts)
    return {key: resolved(item) for key, item in value.items()}
