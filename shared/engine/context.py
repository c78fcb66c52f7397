"""The run context: what every run of a process stands on."""

from dataclasses import dataclass

from shared.domain.zone import Zone
from shared.engine.azure import Azure
from shared.engine.ownership_index import OwnershipIndex


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a run stands on: Azure, what runs share of it, and every zone that the app keeps."""

    azure: Azure
    ownership_index: OwnershipIndex
    zones: tuple[Zone, ...]
