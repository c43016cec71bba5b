"""How well the records of a made-up company are recognised: simulate, import, identify, evaluate; one table of figures.

    python benchmarks/measure_identity.py [--customers 20000] [--seed 101] [--keep FOLDER]

Only files that bring records of customers, identifiers or orders are imported. In the end likely pairs are proposed
and, by another policy, join where nothing contradicts; what that changes is told last. Below the figures stands what
the truth says went wrong with the numbers that several persons' records have in the files, whoever was merged by
them. Processor seconds are those of a command's own processes, not of the database beside it.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

BAR = 0.97  # recall over the pairs that a chain of correct identifiers joins
_KINDS = re.compile(r"kind: (customer_record|identifier|receiver|order|order_line)\b")
_BIN = Path(sys.executable).parent / "quanyu"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--customers", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=101)
    arguments.add_argument("--keep", type=Path, help="work here and keep everything; what is there is not made again")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-identity-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        prepare(folder, given.customers, given.seed)
        report(folder, given.customers, given.seed)
        report_likely(folder)
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


def prepare(folder: Path, customers: int, seed: int, more: Sequence[str] = ()) -> None:
    company = folder / "company"
    if not company.exists():
        run(folder, "simulate", "--customers", customers, "--seed", seed, "--out", company, *more)
    if not (folder / "home").exists():
        run(folder, "init", "--time-zone", "Asia/Shanghai", "--currency", "CNY")
        mappings = [path for path in sorted(company.glob("*/*.yaml")) if _KINDS.search(path.read_text("utf-8"))]
        run(folder, "import", *mappings)
        run(folder, "identify")


def run(folder: Path, *arguments: object) -> str:
    """Run a command on the home of the folder, and say on stderr how long it took."""
    environment = os.environ | {"QUANYU_HOME": str(folder / "home"), "QUANYU_LANGUAGE": "en"}
    before, started = processors(), time.perf_counter()
    done = subprocess.run([_BIN, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"quanyu {arguments[0]} failed:\n{done.stderr[-3000:]}")
    took, used = time.perf_counter() - started, processors() - before
    name = " ".join(str(each) for each in arguments[:2] if not str(each).startswith(("-", "/")))
    print(f"quanyu {name}: {took:.1f} s, {used:.1f} s of processors", file=sys.stderr)
    return done.stdout


def processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def report(folder: Path, customers: int, seed: int) -> None:
    found = json.loads(run(folder, "identity", "evaluate", "--truth", folder / "company-truth", "--json"))
    joinable, now = found["joinable"], found["scores"]
    print(f"{customers:,} customers, seed {seed}: {found['graded']:,} records graded, {now['true_pairs']:,} true pairs")
    columns = ("precision", "recall", "f1", "bcubed_precision", "bcubed_recall", "bcubed_f1")
    print(f"{'':28}" + "".join(f"{name.replace('bcubed', 'B3').replace('_', ' '):>14}" for name in columns))
    rows = {"now": now, "exact phone alone": found["exact_phone_alone"], "all correct identifiers": joinable["ceiling"]}
    for name, scores in rows.items():
        print(f"{name:28}" + "".join(f"{scores[column]:>14.4f}" for column in columns))
    print(f"recall over {joinable['pairs']:,} joinable pairs {joinable['recall']:.4f}, bar {BAR}")
    missing, lost = joinable["pairs"] - joinable["found"], joinable["pairs"] - joinable["reachable"]
    print(
        f"identifiers as the files have them, were it known whose each is: {1 - lost / joinable['pairs']:.4f} at most"
    )
    print(
        f"of {missing:,} missing pairs {lost / missing:.1%} have no such identifiers in common, "
        f"{1 - lost / missing:.1%} share one that does not join them and stands in review"
    )
    print(f"true pairs that no data joins: {joinable['share_that_nothing_joins']:.1%}\n")
    for each in found["confidence"]:
        print(
            f"{each['customers']:>12,} customers of confidence {each['promised']:.3f}: {each['right']:.3f} one person's"
        )
    for each in found["false_merges"]:
        kind = each["kind"] or {"type": "nothing that is there now", "scope": ""}
        print(
            f"{each['pairs']:>12,} false pairs through {kind['type']} {kind['scope']}, {each['customers']:,} customers"
        )
    for each in found["false_splits"]:
        kinds = ", ".join(f"{kind['type']} {kind['scope']}" for kind in each["kinds"])
        print(f"{each['pairs']:>12,} missed pairs: {each['why']} {kinds}")
    print("\nwhat is wrong with the numbers that several persons' records have in the files")
    for dirt, phones, persons, pairs in dirty_phones(folder / "company-truth"):
        print(f"{dirt or 'nothing':>12}: {phones:>7,} phones, {persons:>8,} persons, {pairs:>10,} false pairs directly")


def report_likely(folder: Path) -> None:
    """Propose likely pairs, let them join, and print what that changes; then the policy for retail holds again."""
    before = json.loads(run(folder, "identity", "evaluate", "--truth", folder / "company-truth", "--json"))
    found = json.loads(run(folder, "identity", "propose", "--json"))
    policy = run(folder, "identity", "policy", "show", "--yaml")
    asks, proves = "match:           {strength: asks", "match:           {strength: proves"
    for name, text in {"likely": policy.replace(asks, proves, 1), "present": policy}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    run(folder, "identity", "policy", "apply", folder / "likely.yaml")
    after = json.loads(run(folder, "identity", "evaluate", "--truth", folder / "company-truth", "--json"))
    run(folder, "identity", "policy", "apply", folder / "present.yaml")
    print(f"\nlikely pairs: {found['match']:,}, possible {found['possible_match']:,}, of {found['records']:,} records")
    new, right = (after["scores"][name] - before["scores"][name] for name in ("found_pairs", "right_pairs"))
    print(f"where the likely ones join, {new:,} pairs of records meet, of which right: {right / max(new, 1):.4f}")
    recall, joined = (each["joinable"]["recall"] for each in (before, after))
    print(f"precision {after['scores']['precision']:.4f}, recall over joinable pairs {joined:.4f}: ", end="")
    print(f"{(joined - recall) / (1 - recall):.1%} of what was missing")


def dirty_phones(truth: Path) -> list[tuple[str, int, int, int]]:
    """Return what went wrong with each number that several persons' records have, as the files have it.

    A number counts for the dirt that most of its records have; a record of the number's own holder has none.
    """
    codes = json.loads((truth / "findings.json").read_text("utf-8"))["codes"]["phone_dirt"]
    rows = duckdb.execute(f"""
        with told as (select person, phone, phone_dirt from '{truth}/records/*.parquet' where phone > 0),
        shared as (select phone, count(distinct person) as persons, count(*) as records from told group by phone
                   having count(distinct person) > 1),
        causes as (select phone, phone_dirt, count(*) as times from told semi join shared using (phone)
                   where phone_dirt > 0 group by all),
        cause as (select phone, arg_max(phone_dirt, times) as dirt from causes group by phone),
        own as (select phone, sum(n * (n - 1) // 2)::bigint as right from
                (select phone, person, count(*) as n from told group by all) group by phone)
        select coalesce(dirt, 0), count(*), sum(persons)::bigint, sum(records * (records - 1) // 2 - "right")::bigint
        from shared join own using (phone) left join cause using (phone) group by all order by 4 desc""").fetchall()
    return [(codes[dirt], phones, persons, pairs) for dirt, phones, persons, pairs in rows]


if __name__ == "__main__":
    main()
