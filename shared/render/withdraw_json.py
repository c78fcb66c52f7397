"""A withdrawal as JSON: a run's result, with what stays in each zone and why."""

from shared.engine.withdraw import WithdrawResult
from shared.render.result_json import Json, run_result_json


def withdraw_json(result: WithdrawResult) -> Json:
    """What goes, or went, as `run_result_json` says it, and under `kept` what stays."""
    document = run_result_json(result.run)
    zones = [
        {
            **zone_document,
            "kept": [
                {"kind": one.kind, "name": one.name, "reason": str(one.reason)}
                for one in zone.kept_resources
            ],
        }
        for zone_document, zone in zip(document["zones"], result.zones, strict=True)
    ]
    return {**document, "zones": zones}
