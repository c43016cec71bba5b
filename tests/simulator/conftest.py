"""One block and one small company for all tests of the simulator."""

import shutil
from pathlib import Path

import pytest

from quanyu.simulator.arguments import Arguments
from quanyu.simulator.blocks import Block, draw_block
from quanyu.simulator.company import simulate
from quanyu.simulator.world import World, build_world


@pytest.fixture(scope="session")
def world() -> World:
    """Return the fixed parts of the company that `block` belongs to."""
    return build_world(Arguments(16_384, seed=11))


@pytest.fixture(scope="session")
def block(world) -> Block:
    """Return a block of 16,384 people with all that they did."""
    return draw_block(world, 0)


@pytest.fixture(scope="session")
def company(tmp_path_factory) -> Path:
    """Return the files of 2,000 customers in `out`, beside their `truth`."""
    folder = tmp_path_factory.mktemp("company")
    simulate(Arguments(2_000, years=1, seed=3), folder / "out", folder / "truth", processes=1)
    return folder


@pytest.fixture
def copied(company, tmp_path) -> Path:
    """Return a copy of the company that a test may change."""
    return Path(shutil.copytree(company, tmp_path / "company"))
