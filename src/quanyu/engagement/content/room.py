"""The manifest of content."""

from quanyu.engagement.content.tables import content
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="content",
    title=Text("Content", "内容"),
    tables=(content,),
    routes="quanyu.engagement.content.routes:router",
)
