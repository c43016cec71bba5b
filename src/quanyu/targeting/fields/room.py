"""The manifest of fields: the room keeps nothing of its own, it lists what the rooms below offer."""

from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(name="fields", title=Text("Fields and rules", "字段与规则"), routes="quanyu.targeting.fields.routes:router")
