"""Learns from the records alone, without labels, how much each level of agreement says.

How often strangers agree is counted over pairs drawn at random; how often records of one person do comes from
expectation maximisation, over at least two sets of blocks, so that no field learns from what it was blocked on. What
cannot be learned takes a careful value, and a note says so.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ibis.expr.types as ir

from quanyu.customers.matching.blocks import conditions_of, count_pairs, training_condition
from quanyu.customers.matching.levels import levels_of
from quanyu.customers.matching.model import Config, Level, Rule, Task, rule_name
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.text import Text

FEWEST_PAIRS = 30
"""Pairs of a pass from which something can be learned."""
_MOST_PAIRS = 5_000_000  # of a pass; more are sampled
_CONVERGED = 0.001
_ROUNDS = (25, 4, 1)  # of learning, at most; the later ones where the first run into zero
_CHUNKS = 5
_LINKS = {"dedupe": "dedupe_only", "link": "link_only", "both": "link_and_dedupe"}
_LEAST_SEEN, _MOST_UNSEEN = 1e-4, 0.01
"""Share of pairs of one person that any level has at least, and that one has at most which none of them showed."""
_MOSTLY_CHANCE = 0.05  # of an agreement's share among random pairs that stays when those of one person are taken out


@dataclass
class Model:
    """A trained model; `possible` is the number of pairs that there are, `drawn` of those taken at random."""

    linker: Any
    prior: float
    possible: float
    drawn: float
    notes: list[Text]
    untrained: set[tuple[str, str]]

    def levels(self) -> tuple[Level, ...]:
        return tuple(
            Level(
                comparison.output_column_name,
                level.label_for_charts,
                float(level.m_probability),
                float(level.u_probability),
                float(level._match_weight),
                (comparison.output_column_name, level.label_for_charts) not in self.untrained,
            )
            for comparison, level in _each_level(self.linker)
        )

    def forget(self) -> None:
        """Drop the tables that the library has made in the engine."""
        self.linker._db_api.delete_tables_created_by_splink_from_db()

    def take_out_matches(self, share: float) -> list["Shift"]:
        """Take records of one person out of what strangers share; `share` is how many of the random pairs they are.

        In a small table with many duplicates, most of those that agree on an address are no strangers. Returns by how
        much weights that were worked out before have to be moved.
        """
        before = self._weights()
        for comparison, level in _each_level(self.linker):
            if (comparison.output_column_name, level.label_for_charts) not in self.untrained:
                drawn = float(level.u_probability)
                strangers = (drawn - share * float(level.m_probability)) / (1 - share)
                level.u_probability = min(1.0, max(strangers, drawn * _MOSTLY_CHANCE, 0.5 / self.drawn))
        after = zip(before, self._weights(), strict=True)
        return [
            Shift(name, weight, new - weight, math.log2(new_equal / equal))
            for (name, weight, equal), (_, new, new_equal) in after
        ]

    def _weights(self) -> list[tuple[str, float, float]]:
        """Return for each level its comparison, its weight, and the share of strangers behind its term frequencies."""
        return [
            (
                comparison.output_column_name,
                float(level._match_weight),
                float(level._u_probability_corresponding_to_exact_match(comparison.comparison_levels))
                if level._has_tf_adjustments
                else 1.0,
            )
            for comparison, level in _each_level(self.linker)
        ]


@dataclass(frozen=True)
class Shift:
    """By how many bits a weight, and its adjustment for term frequency, have moved since it was `before`."""

    comparison: str
    before: float
    weight: float
    adjustment: float


def train(engine: DuckDB, tables: Sequence[ir.Table], records: ir.Table, config: Config, task: Task) -> Model:
    """Return the model for these tables, one for each file of a link; equal seeds give equal models."""
    sizes = [float(engine.backend().to_pyarrow(table.count()).as_py()) for table in tables]
    possible = _possible(sizes, task)
    prior = 1 / max(2.0, *sizes)
    linker = _linker(engine, tables, config, task, prior)
    drawn = min(float(config.training.pairs), possible)
    model = Model(linker, prior, possible, max(1.0, drawn), [], set())
    linker.training.estimate_u_using_random_sampling(
        max_pairs=float(config.training.pairs), seed=config.training.seed, num_chunks=_CHUNKS
    )
    passed = [rule for rule in config.training.passes if _pass(engine, records, model, rule, task)]
    if len(passed) < 2:
        few = Text(
            "Fewer than two passes could learn: weights are partly assumed.",
            "可学习的训练轮不足两轮：部分权重为假定值。",
        )
        model.notes.append(few)
    _mend(model)
    return model


def _possible(sizes: Sequence[float], task: Task) -> float:
    whole = sum(sizes)
    if task == "link":
        return max(1.0, (whole**2 - sum(size**2 for size in sizes)) / 2)
    return max(1.0, whole * (whole - 1) / 2)


def _linker(engine: DuckDB, tables: Sequence[ir.Table], config: Config, task: Task, prior: float) -> Any:
    from splink import DuckDBAPI, Linker, SettingsCreator  # noqa: PLC0415  heavy; only a match needs it
    from splink.comparison_library import CustomComparison  # noqa: PLC0415

    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI(engine.backend().con)
    registered = [
        database.register(table.get_name(), dataset_display_name=f"o{i:04d}") for i, table in enumerate(tables)
    ]
    compared: list[Any] = [CustomComparison([*levels_of(each)], each.name) for each in config.compare]
    settings = SettingsCreator(
        link_type=_LINKS[task],  # type: ignore[arg-type]
        unique_id_column_name="record",
        comparisons=compared,
        blocking_rules_to_generate_predictions=[{"blocking_rule": rule} for rule in conditions_of(config.blocking)],
        probability_two_random_records_match=prior,
        em_convergence=_CONVERGED,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )
    return Linker(registered if len(registered) > 1 else registered[0], settings, log_level=None)


def _pass(engine: DuckDB, records: ir.Table, model: Model, rule: Rule, task: Task) -> bool:
    """Learn in the blocks of one rule; say why where nothing can be learned."""
    pairs = count_pairs(engine, records, rule, task)
    if pairs < FEWEST_PAIRS:
        said = Text("Nothing to learn in blocks of {rule}: {pairs} pairs.", "按 {rule} 分块仅 {pairs} 对，无法学习。")
        model.notes.append(said.format_with(rule=rule_name(rule), pairs=pairs))
        return False
    from splink.internals.exceptions import SplinkException  # noqa: PLC0415  heavy; only a match needs it

    settings = model.linker._settings_obj
    before = settings.core_model_settings.copy()
    for rounds in _ROUNDS:
        settings.training_settings = replace(settings.training_settings, max_iterations=rounds)
        try:
            model.linker.training.estimate_parameters_using_expectation_maximisation(
                training_condition(rule),
                estimate_without_term_frequencies=True,
                max_pairs=_MOST_PAIRS if pairs > _MOST_PAIRS else None,
            )
        except (ValueError, SplinkException):  # all pairs are of one person, so that a share goes to 0 or to 1
            settings.core_model_settings = before.copy()
        else:
            return True
    said = Text(
        "All pairs in blocks of {rule} are alike: nothing to learn.", "按 {rule} 分块的记录对全都相似，无法学习。"
    )
    model.notes.append(said.format_with(rule=rule_name(rule)))
    return False


def _each_level(linker: Any) -> Iterator[tuple[Any, Any]]:
    for comparison in linker._settings_obj.comparisons:
        for level in comparison.comparison_levels:
            if not level.is_null_level:
                yield comparison, level


def _mend(model: Model) -> None:
    """Give what was not learned a careful value, and take none that says that equals are strangers."""
    for comparison in model.linker._settings_obj.comparisons:
        name = comparison.output_column_name
        levels = [level for level in comparison.comparison_levels if not level.is_null_level]
        for level in levels:
            if not level._u_is_trained:
                level.u_probability = 0.5 / model.drawn
        if not any(level._m_is_trained for level in levels):
            _assume(model, name, levels)
            continue
        for level in levels:
            if not level._m_is_trained:
                level.m_probability = min(float(level.u_probability), _MOST_UNSEEN)
                model.untrained.add((name, level.label_for_charts))
        whole = sum(float(level.m_probability) for level in levels)
        for level in levels:  # medians of several passes do not add up to all of them
            level.m_probability = max(float(level.m_probability) / whole, _LEAST_SEEN)
        if float(levels[0]._match_weight) <= 0:
            _silence(model, name, levels)


def _assume(model: Model, name: str, levels: Sequence[Any]) -> None:
    said = Text(
        "{name} could not be learned: it counts as if 19 of 20 pairs of one person agreed.",
        "{name} 无法学习：假定同一人的记录 20 对中有 19 对一致。",
    )
    model.notes.append(said.format_with(name=name))
    for level in levels:
        level.m_probability = level.default_m_probability
        model.untrained.add((name, level.label_for_charts))


def _silence(model: Model, name: str, levels: Sequence[Any]) -> None:
    said = Text(
        "{name} tells nobody apart in these files and is left out.", "{name} 在这些文件中没有区分力，未参与计分。"
    )
    model.notes.append(said.format_with(name=name))
    for level in levels:
        level.m_probability = level.u_probability
        model.untrained.add((name, level.label_for_charts))
