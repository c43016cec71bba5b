"""Answers that take a while are kept until what they were made of changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu import __version__
from quanyu.foundation.kept.tables import kept_answer
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Made:
    """An answer as it was made last, and what it was made of."""

    answer: Mapping[str, Any]
    made_at: datetime
    made_of: str = ""


def kept(ws: Workspace, name: str, made_of: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the answer of this name that was made of the same, or make it and keep it in the place of the last one.

    An answer of another version of ours is made anew: it may lack what this one asks of it.
    Two that ask at once may both make it: either is right.
    """
    made_of = f"{__version__} {made_of}"
    mine = (kept_answer.c.workspace == ws.number, kept_answer.c.name == name)
    with ws.begin() as connection:
        found = connection.execute(
            sa.select(kept_answer.c.answer).where(*mine, kept_answer.c.made_of == made_of)
        ).scalar_one_or_none()
    if found is not None:
        return found
    answer = make()
    row = {"made_of": made_of, "answer": answer, "made_at": ws.clock.now()}
    put = insert(kept_answer).values(workspace=ws.number, name=name, **row)
    with ws.begin() as connection:
        connection.execute(put.on_conflict_do_update(index_elements=["workspace", "name"], set_=row))
    return answer


def keep_first(ws: Workspace, name: str, answer: Mapping[str, Any]) -> None:
    """Keep what can be said before an answer is made, which is then asked for; not in the place of one that is."""
    row = {"made_of": f"{__version__} ", "answer": answer, "made_at": ws.clock.now()}
    put = insert(kept_answer).values(workspace=ws.number, name=name, **row)
    with ws.begin() as connection:
        connection.execute(put.on_conflict_do_nothing(index_elements=["workspace", "name"]))


def last_made(ws: Workspace, names: Sequence[str]) -> Mapping[str, Made]:
    """Return the answers of these names as they were made last, whatever has changed since; none is made."""
    ours = sa.func.starts_with(kept_answer.c.made_of, f"{__version__} ")
    query = sa.select(kept_answer).where(kept_answer.c.workspace == ws.number, kept_answer.c.name.in_(names), ours)
    with ws.begin() as connection:
        rows = connection.execute(query).all()
    return {row.name: Made(row.answer, row.made_at, row.made_of.partition(" ")[2]) for row in rows}


def is_kept(ws: Workspace, name: str) -> bool:
    """Say whether somebody has asked for the answer of this name before."""
    mine = sa.select(kept_answer.c.name).where(kept_answer.c.workspace == ws.number, kept_answer.c.name == name)
    with ws.begin() as connection:
        return connection.execute(mine).first() is not None
