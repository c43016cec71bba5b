"""What fills a content in for each customer: the one place in which channels call the room of content."""

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from quanyu.foundation.errors import Conflict
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


class Renderer(Protocol):
    """Return a row per customer: customer, language, a text for each part, and `fault`.

    A fault is NULL, or says in a word why the content cannot be filled in for him.
    """

    def __call__(
        self, ws: Workspace, name: str, version: int, channel: str, customers: npt.NDArray[np.int64]
    ) -> pa.Table: ...


INSTALLED: Renderer | None = None
"""What the room of content offers; none where there is no such room, and then nothing is delivered."""


def installed_renderer() -> Renderer:
    if INSTALLED is None:
        raise Conflict(
            Text("There is no content yet that could be sent.", "尚无可发送的内容。"),
            remedy=Text("Install a version with the room of content.", "请安装包含内容库的版本。"),
        )
    return INSTALLED


COLUMNS = ("customer", "language", "fault")
"""Of what a renderer returns, what is not a part."""
