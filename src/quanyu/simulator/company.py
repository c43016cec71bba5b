"""Writes a whole company: blocks are drawn side by side, then each file is written from its part of all of them."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from quanyu.simulator.arguments import Arguments, Dirt, Refused
from quanyu.simulator.blocks import Block, blocks_of, draw_block
from quanyu.simulator.files import Shape, open_writer, shapes, write_file
from quanyu.simulator.moments import months
from quanyu.simulator.parts import tables_of, write_parts
from quanyu.simulator.truth import write_findings, write_links, write_truth
from quanyu.simulator.world import World, build_world

BATCH = 4  # blocks whose rows share a file of integers
PARTS = ".parts"
ABOUT = "company.json"


@dataclass(frozen=True)
class Written:
    """What a simulation has written."""

    files: int
    size: int  # bytes
    rows: dict[str, int]


Progress = Callable[[str, int, int], None]  # (what, done, all)


def simulate(
    arguments: Arguments, out: Path, truth: Path, processes: int = 2, progress: Progress | None = None
) -> Written:
    """Write the company's files to the folder `out` and the truth about it to `truth`; neither may hold anything yet.

    Both appear when they are complete. Raises Refused.
    """
    numbers = list(blocks_of(world_of(arguments)))
    batches = [numbers[i : i + BATCH] for i in range(0, len(numbers), BATCH)]
    told, rows = progress or silent, {}
    with staged(out) as folder, staged(truth) as aside:
        write_findings(aside, world_of(arguments))
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as workers:
            given = (arguments, folder / PARTS, aside)
            for done, work in enumerate([workers.submit(_draw_batch, *given, batch) for batch in batches], 1):
                for name, count in work.result().items():
                    rows[name] = rows.get(name, 0) + count
                told("people", done, len(batches))
            links = [workers.submit(_link_batch, arguments, aside, _label(batch)) for batch in batches]
            sizes = write_files(workers, arguments, folder, told)
            for work in links:
                work.result()
        _copy_mappings(folder)
        describe(arguments, folder / ABOUT)
    return Written(len(sizes), sum(sizes), rows)


def silent(_what: str, _done: int, _all: int) -> None:
    """Tell nobody."""


@contextmanager
def staged(folder: Path) -> Generator[Path]:
    """Yield a folder that takes this one's name when all has gone well; what an interrupted run left is thrown away.

    Raises Refused where the folder holds something, or another run is writing it.
    """
    _refuse_full(folder)
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    mine = os.open(partial, os.O_RDONLY)
    try:
        _lock(mine, partial)
        _refuse_full(folder)
        for left in partial.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield partial
        shutil.rmtree(partial / PARTS, ignore_errors=True)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    finally:
        os.close(mine)


def _refuse_full(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        en = f"{folder.name}: the folder holds something, an empty or a new one is wanted"
        raise Refused([(en, f"{folder.name}：目录非空，需要空目录或新目录")])


def _lock(opened: int, partial: Path) -> None:
    """Hold the folder as long as it is open; one that another run has renamed in between is not ours to write."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if partial.exists() and os.path.samestat(os.fstat(opened), partial.stat()):
            return
    except BlockingIOError:
        pass
    en = f"{partial.name}: another run is writing this folder; wait for it, or name another"
    raise Refused([(en, f"{partial.name}：另一次运行正在写入该目录；请等待其结束，或另选目录")])


def describe(arguments: Arguments, file: Path) -> None:
    """Write down what the company was asked for, so that it can live on."""
    told = {**asdict(arguments), "until": arguments.until.isoformat()}
    file.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def described(file: Path) -> Arguments:
    """Return what `describe` wrote. Raises Refused."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        until, dirt = date.fromisoformat(told["until"]), Dirt(**told["dirt"])
        return Arguments(int(told["customers"]), int(told["years"]), int(told["seed"]), until, dirt)
    except (OSError, KeyError, TypeError, ValueError):
        en = f"{file.name} was not found or is no description of a company; give the folder that quanyu simulate wrote"
        raise Refused([(en, f"找不到 {file.name} 或其内容不符；请给出 quanyu simulate 所写的目录")]) from None


@dataclass(frozen=True)
class _Job:
    """The files that are written from one part; it is deleted after them."""

    part: Path | None
    files: tuple[tuple[Shape, str], ...]  # and the path below the output folder


@cache
def world_of(arguments: Arguments) -> World:
    """Return the fixed parts of a company, built once a process."""
    return build_world(arguments)


@cache
def _writer(arguments: Arguments):
    return open_writer(world_of(arguments))


def _draw_batch(arguments: Arguments, parts: Path, truth: Path, numbers: Sequence[int]) -> dict[str, int]:
    world = world_of(arguments)
    blocks = [draw_block(world, number) for number in numbers]
    label, rows = _label(numbers), {}
    for name, pieces in _by_name(world, blocks):
        names = pieces[0][0]
        part = np.concatenate([piece[1] for piece in pieces])
        columns = {key: np.concatenate([piece[2][key] for piece in pieces]) for key in pieces[0][2]}
        write_parts(parts, name, names, part, columns, label)
        rows[name] = len(part)
    write_truth(truth, world, blocks, label)
    return rows


def _link_batch(arguments: Arguments, truth: Path, label: str) -> None:
    write_links(_writer(arguments), truth, label)


def _label(numbers: Sequence[int]) -> str:
    return f"{numbers[0]:06d}"


def _by_name(world: World, blocks: list[Block]) -> Iterator[tuple[str, list[tuple]]]:  # pyright: ignore[reportMissingTypeArgument]
    tables = [tables_of(world, block) for block in blocks]
    for name in tables[0]:
        yield name, [table[name] for table in tables]


def write_files(
    workers: ProcessPoolExecutor, arguments: Arguments, out: Path, told: Progress, only: str = ""
) -> list[int]:
    """Write every file whose part begins with `only` and return their sizes in bytes."""
    jobs, sizes = _jobs(world_of(arguments), out / PARTS, only), []
    for done, work in enumerate([workers.submit(_write_job, arguments, job, out) for job in jobs], 1):
        sizes += work.result()
        told("files", done, len(jobs))
    return sizes


def _jobs(world: World, parts: Path, only: str) -> list[_Job]:
    """Return the jobs, the largest first, so that the last ones to end are short."""
    wanted = sorted((each for each in _wanted(world) if each[0].startswith(only)), key=lambda w: w[0])
    jobs = [
        _Job(None if part == "none" else parts / part, tuple((shape, path) for _, shape, path in group))
        for part, group in ((p, list(g)) for p, g in groupby(wanted, key=lambda w: w[0]))
        if part == "none" or (parts / part).exists()
    ]
    return sorted(jobs, key=_weight, reverse=True)


def _weight(job: _Job) -> int:
    return sum(file.stat().st_size for file in job.part.iterdir()) if job.part else 0


def _wanted(world: World) -> Iterator[tuple[str, Shape, str]]:
    for shape in shapes():
        monthly = "{month}" in shape.part
        for month in months(world) if monthly else [""]:
            yield shape.part.replace("{month}", month), shape, shape.path.replace("{month}", month)


def _write_job(arguments: Arguments, job: _Job, out: Path) -> list[int]:
    pieces = sorted(job.part.iterdir()) if job.part else []
    sizes = [write_file(_writer(arguments), shape, pieces, out / path) for shape, path in job.files]
    if job.part:
        shutil.rmtree(job.part)
    return sizes


def _copy_mappings(out: Path) -> None:
    folder = Path(__file__).parent / "sources"
    for mapping in sorted(folder.glob("*/*.yaml")):
        target = out / mapping.parent.name / mapping.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mapping, target)
