"""Precision, recall and F1 of matching on public sets, each with the configuration that its columns alone suggest.

Run: python benchmarks/measure_matching.py [folder of public data]; the files are described in its README.
Processor seconds are of this process, with all its threads.
"""

import csv
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from quanyu.customers.matching.matching import match
from quanyu.customers.matching.model import Matched
from quanyu.customers.matching.suggesting import suggest
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings

ROOT = Path(__file__).parents[1]
PUBLIC = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
READERS = Registry("quanyu.sources").all()
BARS = {"fake_1000": 0.85, "febrl4": 0.995}
THRESHOLDS = (0.5, 0.9, 0.99)


def main() -> None:
    folder = PUBLIC / "identity"
    with (folder / "fake_1000.csv").open() as file:
        cluster = {row["unique_id"]: row["cluster"] for row in csv.DictReader(file)}
    measure("fake_1000", [folder / "fake_1000.csv"], lambda a, b: cluster[a] == cluster[b], 2031)
    files = [folder / "febrl4a.csv", folder / "febrl4b.csv"]
    measure("febrl4", files, lambda a, b: a.split("-")[1] == b.split("-")[1], 5000)


def measure(name: str, files: Sequence[Path], same: Callable[[str, str], bool], truth: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDB(Settings(Path(folder), None, memory=2 << 30, threads=2), Path(folder) / "spill")
        begun = time.process_time()
        config = suggest(engine, READERS, files[0]).config
        suggested = time.process_time()
        out = Path(folder) / "pairs.csv"
        found = match(engine, READERS, files, config, out, lambda _: None)
        took = suggested - begun, time.process_time() - suggested
        with out.open() as file:
            pairs = [(row["id_l"], row["id_r"], float(row["match_probability"])) for row in csv.DictReader(file)]
        report(name, found, pairs, same, truth, took)
        engine.close()


def report(
    name: str,
    found: Matched,
    pairs: Sequence[tuple[str, str, float]],
    same: Callable[[str, str], bool],
    truth: int,
    took: tuple[float, float],
) -> None:
    print(f"{name}: {truth:,} true pairs, {found.expected:,.0f} expected by the model, bar F1 {BARS[name]}")
    print(
        f"  suggested in {took[0]:.1f} s, matched in {took[1]:.1f} s of processor; {found.compared:,} pairs in blocks"
    )
    for threshold in THRESHOLDS:
        kept = [(a, b) for a, b, probability in pairs if probability >= threshold]
        right = sum(same(a, b) for a, b in kept)
        precision, recall = right / max(1, len(kept)), right / truth
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        print(f"  from {threshold}: {len(kept):,} pairs, precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}")


if __name__ == "__main__":
    main()
