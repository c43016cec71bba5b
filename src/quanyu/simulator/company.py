"""Writes a whole company: blocks are drawn side by side, then each file is written from its part of all of them."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

import duckdb

from quanyu.simulator.arguments import Arguments, Dirt, Refused
from quanyu.simulator.blocks import blocks_of, draw_block
from quanyu.simulator.files import open_writer, shapes, show_part
from quanyu.simulator.formats import PACKED, Shape, Targets, write_shape
from quanyu.simulator.moments import Columns, Part, months, months_of_span, span_of_month
from quanyu.simulator.parts import tables_of, write_parts
from quanyu.simulator.truth import truth_of, write_findings, write_links, write_truth
from quanyu.simulator.workers import give_memory_back, open_workers
from quanyu.simulator.world import World, build_world

BATCH = 4  # blocks, at most, whose rows share a file of integers
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
    arguments: Arguments,
    out: Path,
    truth: Path,
    processes: int = 2,
    progress: Progress | None = None,
    *,
    packed: bool = False,
) -> Written:
    """Write the company's files to the folder `out` and the truth about it to `truth`; neither may hold anything yet.

    Both appear when they are complete. `packed` files are the same in gzip, named with .gz. Raises Refused.
    """
    batches = batches_of(arguments)
    told, rows = progress or silent, {}
    with staged(out) as folder, staged(truth) as aside:
        with open_workers(processes) as workers:
            begun = workers.submit(_begin, arguments, aside)
            given = (arguments, folder / PARTS, aside)
            drawn = [workers.submit(draw_batch, *given, batch) for batch in batches]
            links = []
            for done, (batch, work) in enumerate(zip(batches, drawn, strict=True), 1):
                for name, count in work.result().items():
                    rows[name] = rows.get(name, 0) + count
                links.append(workers.submit(link_batch, *given, batch))
                told("people", done, len(batches))
            sizes = write_files(workers, arguments, folder, told, packed=packed)
            for work in (begun, *links):
                work.result()
        _copy_mappings(folder, packed=packed)
        describe(arguments, folder / ABOUT)
    return Written(len(sizes), sum(sizes), rows)


def batches_of(arguments: Arguments) -> list[Sequence[int]]:
    """Let two workers end together, however few blocks there are; the batches do not depend on who draws them."""
    numbers = blocks_of(arguments)
    size = min(BATCH, max(1, len(numbers) // 4))
    return [numbers[i : i + size] for i in range(0, len(numbers), size)]


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
class Job:
    """The files that are written from one part; it is deleted after them."""

    part: str  # below the folder of parts, `none` for the fixed parts of the world
    shapes: tuple[Shape, ...]
    folder: Path | None  # of the part's pieces


@cache
def world_of(arguments: Arguments) -> World:
    """Return the fixed parts of a company, built once a process."""
    return build_world(arguments)


@lru_cache(maxsize=1)
def writer(arguments: Arguments, parts: Path) -> duckdb.DuckDBPyConnection:
    """Return this process's connection, which spills into the folder of parts; all blocks are drawn by then."""
    give_memory_back()
    return open_writer(world_of(arguments), parts / "spilled")


def _begin(arguments: Arguments, truth: Path) -> None:
    write_findings(truth, world_of(arguments))


def draw_batch(arguments: Arguments, parts: Path, truth: Path, numbers: Sequence[int]) -> dict[str, int]:
    """Draw these blocks, write their parts and the truth about them, and return how many rows each table has."""
    drawn, label = [_drawn(world_of(arguments), number) for number in numbers], _label(numbers)
    write_truth(truth, [told for _, told in drawn], label)
    tables = [tables for tables, _ in drawn]
    return {name: write_parts(parts, name, [each.pop(name) for each in tables], label) for name in list(tables[0])}


def _drawn(world: World, number: int) -> tuple[dict[str, Part], dict[str, Columns]]:
    """Return what of a block is written; the block itself, which is far larger, makes room for the next one."""
    block = draw_block(world, number)
    return tables_of(world, block), truth_of(world, block)


def link_batch(arguments: Arguments, parts: Path, truth: Path, numbers: Sequence[int]) -> None:
    """Write the truth about the ids of these blocks, when they are drawn."""
    write_links(writer(arguments, parts), truth, _label(numbers))


def _label(numbers: Sequence[int]) -> str:
    return f"{numbers[0]:06d}"


def write_files(
    workers: Executor,
    arguments: Arguments,
    out: Path,
    told: Progress,
    *,
    only: str = "",
    packed: bool = False,
) -> list[int]:
    """Write every file whose part begins with `only` and return their sizes in bytes."""
    jobs, sizes = workers.submit(jobs_of, arguments, out / PARTS, only).result(), []
    for done, work in enumerate([workers.submit(_write_job, arguments, job, out, packed) for job in jobs], 1):
        sizes += work.result()
        told("files", done, len(jobs))
    return sizes


def jobs_of(arguments: Arguments, parts: Path, only: str = "") -> list[Job]:
    """Return the jobs, the largest first, so that the last ones to end are short."""
    wanted = sorted((each for each in _wanted(world_of(arguments)) if each[0].startswith(only)), key=lambda w: w[0])
    jobs = [
        Job(part, tuple(shape for _, shape in group), None if part == "none" else parts / part)
        for part, group in groupby(wanted, key=lambda w: w[0])
        if part == "none" or (parts / part).exists()
    ]
    return sorted(jobs, key=_weight, reverse=True)


def _weight(job: Job) -> int:
    return sum(file.stat().st_size for file in job.folder.iterdir()) if job.folder else 0


def _wanted(world: World) -> Iterator[tuple[str, Shape]]:
    spans = int(span_of_month(world)[-1]) + 1
    for shape in shapes():
        for part in [f"{shape.part}/{span:02d}" for span in range(spans)] if shape.monthly else [shape.part]:
            yield part, shape


def _write_job(arguments: Arguments, job: Job, out: Path, packed: bool) -> list[int]:
    connection, named = writer(arguments, out / PARTS), months(world_of(arguments))
    found = show_job(connection, world_of(arguments), job)
    targets = Targets(out, {month: named[month] for month in found}, packed)
    sizes = [size for shape in job.shapes for size in write_shape(connection, shape, targets)]
    if job.folder:
        shutil.rmtree(job.folder)
    return sizes


def show_job(connection: duckdb.DuckDBPyConnection, world: World, job: Job) -> list[int]:
    """Let queries see what the job's files are made of; return the months that it has, none if not monthly."""
    if not job.folder:
        return []
    possible = months_of_span(world, int(job.folder.name)) if job.shapes[0].monthly else []
    return show_part(connection, job.part, sorted(job.folder.iterdir()), possible)


def _copy_mappings(out: Path, *, packed: bool) -> None:
    folder = Path(__file__).parent / "sources"
    for mapping in sorted(folder.glob("*/*.yaml")):
        target = out / mapping.parent.name / mapping.name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = mapping.read_text(encoding="utf-8")
        target.write_text(_of_packed(text) if packed else text, encoding="utf-8")


def _of_packed(mapping: str) -> str:
    """Let a mapping ask for files that end in .gz."""
    return re.sub(r"^(files: .*?)(?:\.gz)?$", rf"\1{PACKED}", mapping, flags=re.MULTILINE)
