"""Says how many customers a rule selects, without keeping anything."""

from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.checking import asked_rule
from quanyu.targeting.audiences.model import Count
from quanyu.targeting.audiences.selecting import sizes
from quanyu.targeting.fields.model import tags_of
from quanyu.targeting.tags.runs import current
from quanyu.targeting.tags.usage import COUNT, use


def count(ws: Workspace, rule: object) -> Count:
    """Count the living customers whom a rule (decoded YAML or JSON) selects by the last run of tags."""
    now = current(ws)
    checked = asked_rule(ws, now, rule)
    size = sizes(ws, now, [checked])[0]
    use(ws, ((tag, COUNT) for tag in tags_of(checked)))
    return Count(size, now.people.alive.count(), now.run.as_of, now.run.number)
