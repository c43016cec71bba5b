"""Whether the company is like real ones: the same figures of its people and of public data, side by side."""

from quanyu.simulator.realism.comparing import (
    LARGEST_DIFFERENCE,
    LARGEST_DISTANCE,
    LARGEST_RATIO,
    Comparison,
    Row,
    compare,
)

__all__ = ["LARGEST_DIFFERENCE", "LARGEST_DISTANCE", "LARGEST_RATIO", "Comparison", "Row", "compare"]
