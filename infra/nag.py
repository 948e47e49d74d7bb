"""The gate: cdk-nag's rule packs, and the findings we accept, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks

if TYPE_CHECKING:
    from aws_cdk import App
    from constructs import Construct


def add_gate(app: App) -> None:
    """Make `app.synth()` raise on any finding that nobody has acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def accept(construct: Construct, reason: str, *findings: str) -> None:
    """Accept these findings on a construct and what is inside it, for a reason.

    Shape: a finding is a rule's id, or `rule[detail]` for rules with several findings per resource.
    """
    Validations.of(construct).acknowledge(*(Acknowledgment(id=finding, reason=reason) for finding in findings))
