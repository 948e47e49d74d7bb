"""AWS IoT asks whether a board may have a charger's certificate, before it applies the provisioning template."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions import bootstrap_events
from functions.domain.provisioning import Provisioning

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any, given: Provisioning | None = None) -> dict[str, Any]:
    """Answer yes with the charger's id, or no. An exception is a no as well; the board tries again."""
    metrics.add_metric("ProvisioningAsked", MetricUnit.Count, 1)
    decision = (given or bootstrap_events.provisioning()).decide(event)
    said = {"why": decision.why, "serial": decision.serial_number, "charger": decision.charger_id}
    if decision.allowed:
        logger.info("board provisioned", extra=said | {"retired": decision.retired})
    else:
        logger.warning("board refused", extra=said | {"client": str(event.get("clientId"))[:128]})
    metrics.add_metric("ProvisioningRefused", MetricUnit.Count, int(not decision.allowed))
    return decision.to_answer()
