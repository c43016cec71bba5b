"""Who calls: the holder of a token, or an operator who has signed in."""

from dataclasses import dataclass
from typing import Literal

from quanyu.foundation.access.roles import Role


@dataclass(frozen=True)
class Bearer:
    """Who calls, where, and in which role; `label` is a token's label or an operator's name."""

    workspace: int
    label: str
    role: Role
    kind: Literal["token", "operator"] = "token"

    @property
    def who(self) -> str:
        """Return how the audit log and all records of who did something name him."""
        return f"{self.kind}:{self.label}"
