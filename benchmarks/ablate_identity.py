"""What each guard of the identity policy is worth, and how recognition gets worse with the dirt in keys.

    python benchmarks/ablate_identity.py [--customers 20000] [--seed 101] [--factors 0 1 2 3] [--plot FILE]

For each factor a company is made whose recycled, lent, assistants', dummy and mistyped numbers are so many times as
frequent as by default; it is imported, recognised and graded. At factor 1 the policy for retail is then applied without
one guard after the other. With `--plot` precision and recall by factor are drawn as SVG.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from measure_identity import BAR, prepare, run

from quanyu.simulator.arguments import Dirt

KEYS = ("recycled", "shared", "assistant", "dummy", "typo")
PRECISION = 0.995  # the other bar


def without(pattern: str, by: str = "") -> Callable[[str], str]:
    return lambda policy: re.sub(pattern, by, policy)


def only_unless(*words: str) -> Callable[[str], str]:
    left = [word for word in ("name", "birthday", "gender") if word not in words]
    return without(r"unless: \[name, birthday, gender\]", f"unless: [{', '.join(left)}]")


GUARDS: Mapping[str, Callable[[str], str]] = {
    "all guards": str,
    "without names": only_unless("name"),
    "without birthdays": only_unless("birthday"),
    "without gender": only_unless("gender"),
    "without any of the three": without(r", unless: \[[^]]*\]"),
    "without records of a source": without(r", records: \d+"),
    "without persons at most": without(r", customers: \d+"),
    "without one of a kind": without(r", single: true"),
    "without any guard": without(r", (?:unless: \[[^]]*\]|records: \d+|customers: \d+|single: true)"),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--customers", type=int, default=20_000)
    arguments.add_argument("--seed", type=int, default=101)
    arguments.add_argument("--factors", type=float, nargs="+", default=[0, 1, 2, 3])
    arguments.add_argument("--plot", type=Path, help="draw what the factors do, as SVG")
    arguments.add_argument("--keep", type=Path, help="work here and keep everything; what is there is not made again")
    given = arguments.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-ablate-"))
    try:
        found = {factor: degraded(folder / f"dirt-{factor:g}", given, factor) for factor in given.factors}
        print(f"{given.customers:,} customers, seed {given.seed}; bars: precision {PRECISION}, recall {BAR}\n")
        print(f"{'dirt':>6}{'precision':>12}{'recall':>10}{'of equal phones':>18}")
        for factor, each in found.items():
            precision, phone = each["scores"]["precision"], each["exact_phone_alone"]["precision"]
            print(f"{factor:>6g}{precision:>12.4f}{each['joinable']['recall']:>10.4f}{phone:>18.4f}")
        if given.plot:
            draw(found, given.plot)
        if 1 in found:
            ablate(folder / "dirt-1")
    finally:
        if given.keep is None:
            shutil.rmtree(folder)


def degraded(folder: Path, given: argparse.Namespace, factor: float) -> dict:
    folder.mkdir(parents=True, exist_ok=True)
    dirt = [f"{name}={min(getattr(Dirt(), name) * factor, 1.0):.6g}" for name in KEYS]
    prepare(folder, given.customers, given.seed, [word for each in dirt for word in ("--dirt", each)])
    return graded(folder)


def graded(folder: Path) -> dict:
    return json.loads(run(folder, "identity", "evaluate", "--truth", folder / "company-truth", "--json"))


def ablate(folder: Path) -> None:
    policy = run(folder, "identity", "policy", "show", "--yaml")
    file = folder / "policy.yaml"
    print(f"\n{'':28}{'precision':>12}{'recall':>10}{'wrong pairs':>14}")
    for name, change in GUARDS.items():
        text = change(policy)
        if text == policy and name != "all guards":
            sys.exit(f"{name}: the policy has no such guard")
        file.write_text(text, encoding="utf-8")
        run(folder, "identity", "policy", "apply", file)
        found = graded(folder)
        scores = found["scores"]
        wrong = scores["found_pairs"] - scores["right_pairs"]
        print(f"{name:28}{scores['precision']:>12.4f}{found['joinable']['recall']:>10.4f}{wrong:>14,}")
    file.write_text(policy, encoding="utf-8")
    run(folder, "identity", "policy", "apply", file)


def draw(found: Mapping[float, dict], file: Path) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "identity", "font.size": 10, "axes.spines.top": False})
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    factors = list(found)
    lines = {
        "precision": ("#4f7f6b", "-", "scores", "precision"),
        "recall over joinable pairs": ("#5b7fa3", "-", "joinable", "recall"),
        "precision of equal phones": ("#b5714d", ":", "exact_phone_alone", "precision"),
    }
    for name, (colour, style, whose, which) in lines.items():
        values = [each[whose][which] for each in found.values()]
        axes.plot(factors, values, style, color=colour, marker="o", markersize=4, label=name)
    axes.set(xlabel="dirt in keys, times the default", ylim=(0, 1.02), xticks=factors)
    axes.spines["right"].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
