"""What fills a content in for each customer: the one place in which channels call the room of content."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.engagement.content.rendering import LANGUAGE, render
from quanyu.foundation.workspace import Workspace


class Renderer(Protocol):
    """Return a row per customer: customer, language, a text for each part, and `fault`.

    `given` has what only channels know of each of them, by the name under which a template asks for it. A fault is
    NULL, or says in a word why the content cannot be filled in for him.
    """

    def __call__(
        self,
        ws: Workspace,
        name: str,
        version: int,
        channel: str,
        customers: npt.NDArray[np.int64],
        given: Mapping[str, pa.Array] | None = None,
    ) -> pa.Table: ...


INSTALLED: Renderer = render
"""What the room of content offers."""

COLUMNS = ("customer", LANGUAGE, "fault")
"""Of what a renderer returns, what is not a part."""
