"""All of a company that does not grow with its customers: goods, stores, places, names, calendar, campaigns."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from quanyu.simulator.arguments import DAYS_AHEAD, Arguments
from quanyu.simulator.calendar import Calendar, calendar
from quanyu.simulator.catalogue import Catalogue, catalogue
from quanyu.simulator.draws import stream
from quanyu.simulator.names import Names, names
from quanyu.simulator.organisation import Organisation, organisation
from quanyu.simulator.places import Cities, cities

_PERSONAS = 8


@dataclass(frozen=True)
class World:
    """The fixed parts, drawn once from the seed."""

    arguments: Arguments
    cities: Cities
    names: Names
    catalogue: Catalogue
    organisation: Organisation
    calendar: Calendar  # of the days of the files and those ahead

    @property
    def horizon(self) -> int:
        """Return how many days are drawn: those of the files and those ahead."""
        return self.arguments.days + DAYS_AHEAD

    @cached_property
    def first(self) -> np.datetime64:
        """Return the first day of the files."""
        return np.datetime64(self.arguments.first)

    @cached_property
    def month_of_day(self) -> NDArray[np.int64]:
        """Return the calendar month, 0 to 11, of each day."""
        days = self.first + np.arange(self.horizon)
        return days.astype("datetime64[M]").astype(np.int64) % 12

    @cached_property
    def months_passed(self) -> NDArray[np.int64]:
        """Return how many months each day's is after the first day's."""
        months = (self.first + np.arange(self.horizon)).astype("datetime64[M]").astype(np.int64)
        return months - months[0]

    @cached_property
    def season(self) -> NDArray[np.float64]:
        """Return the catalogue's seasons by month: months x categories, rows beside each other in memory."""
        return np.ascontiguousarray(self.catalogue.season.T)

    @cached_property
    def store_by_city(self) -> NDArray[np.int64]:
        """Return the stores in the order of their cities."""
        return np.argsort(self.organisation.store_city, kind="stable")

    @cached_property
    def store_count(self) -> NDArray[np.int64]:
        """Return how many stores each city has."""
        return np.bincount(self.organisation.store_city, minlength=len(self.cities.weight))

    @cached_property
    def store_first(self) -> NDArray[np.int64]:
        """Return where in `store_by_city` each city begins."""
        return np.cumsum(self.store_count) - self.store_count

    @cached_property
    def personas(self) -> NDArray[np.float64]:
        """Return what each persona cares for: personas x categories."""
        chance = stream(self.arguments.seed, "personas")
        return chance.standard_gamma(0.8, (_PERSONAS, len(self.catalogue.cycle))) + 0.05


def build_world(arguments: Arguments) -> World:
    """Draw the fixed parts of the company that these arguments describe."""
    last = arguments.until + timedelta(days=DAYS_AHEAD)
    return World(
        arguments=arguments,
        cities=cities(),
        names=names(),
        catalogue=catalogue(arguments.seed, arguments.first),
        organisation=organisation(arguments.seed, arguments.first, arguments.until),
        calendar=calendar(arguments.first, last),
    )
