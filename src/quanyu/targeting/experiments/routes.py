"""HTTP route of experiments: analyse an uploaded file."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from quanyu.foundation.access.doors import admitted
from quanyu.foundation.errors import Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.experiments.analysis import analyze
from quanyu.targeting.experiments.files import read_table
from quanyu.targeting.experiments.looking import Looking
from quanyu.targeting.experiments.report import as_json

router = APIRouter(tags=["experiments"])


async def upload(request: Request) -> bytes:
    return await request.body()


Analyst = Annotated[Workspace, Depends(admitted("analyst"))]
Upload = Annotated[bytes, Depends(upload)]
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself: CSV, TSV or Parquet, plain or gzipped, at most 20 MB.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/experiments/analyze", operation_id="analyze_experiment", openapi_extra=_FILE)
def analyze_experiment(
    _: Analyst,
    file: Upload,
    arm: Annotated[str, Query(description="Column that names the group.")],
    control: Annotated[str, Query(description="Group that was left alone.")],
    outcome: Annotated[list[str], Query(description="Column to compare; once for each.")],
    share: Annotated[list[str], Query(description="Planned share, NAME=0.5; once for each group.")] = [],  # noqa: B006
    by: Annotated[str | None, Query(description="Column to look at the effect by.")] = None,
    before: Annotated[list[str], Query(description="Column known before; once for each.")] = [],  # noqa: B006
    planned: Annotated[int | None, Query(ge=1, description="Customers planned: limits then hold at any look.")] = None,
) -> dict[str, Any]:
    """Say what each group changed against the control, in words and in figures; the file is not kept."""
    with tempfile.TemporaryDirectory(prefix="quanyu-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(file)
        table = read_table(path)
    looking = None if planned is None else Looking(planned)
    return as_json(analyze(table, arm, control, outcome, _planned(share), before, looking, by))


def _planned(shares: list[str]) -> dict[str, float] | None:
    if not shares:
        return None
    found: dict[str, float] = {}
    for written in shares:
        name, _, share = written.rpartition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            raise Invalid(
                Text("A planned share cannot be read.", "无法读取计划比例。"), received=written, allowed=["NAME=0.5"]
            ) from None
    return found
