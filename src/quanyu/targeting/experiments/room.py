"""The room of experiments: what an act changed, and the terms on which that is measured."""

from quanyu.foundation.room import Room
from quanyu.foundation.text import Text
from quanyu.targeting.experiments import tables

ROOM = Room(
    "experiments",
    Text("Experiments", "实验"),
    tables=(tables.experiment_terms,),
    routes="quanyu.targeting.experiments.routes:router",
)
