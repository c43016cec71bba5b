"""The room of experiments: it owns no table yet, it analyses finished tests from a file."""

from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room("experiments", Text("Experiments", "实验"), routes="quanyu.targeting.experiments.routes:router")
