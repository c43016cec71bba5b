"""The manifest of matching: it keeps nothing, it reads files and writes files."""

from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(name="matching", title=Text("Matching", "概率匹配"))
