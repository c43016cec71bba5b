"""Writes what a match is told as YAML that reads back as the same."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from quanyu.customers.matching.model import LEVELS, Comparison, Config, Rule, Training

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SPOKEN = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")


def write_config(config: Config, opening: Sequence[str] = (), told: Mapping[str, str] | None = None) -> str:
    """Return the text of a configuration; `told` are remarks by field."""
    lines = [*(f"# {line}" for line in opening), *_top_lines(config), "fields:"]
    for field in config.fields:
        line = f"  {field.name}: {{column: {_list(field.columns)}, means: {field.means}"
        line += f", forms: {_list(field.forms)}}}" if field.forms else "}"
        remark = (told or {}).get(field.name)
        lines.append(f"{line}  # {remark}" if remark else line)
    lines += ["compare:", *map(_comparison_line, config.compare), "blocking:"]
    lines += [f"  - {_rule_text(rule)}" for rule in config.blocking]
    lines += ["training:", "  passes:", *(f"    - {_rule_text(rule)}" for rule in config.training.passes)]
    lines += [f"  pairs: {config.training.pairs}", f"  seed: {config.training.seed}"]
    return "\n".join(lines) + "\n"


def _top_lines(config: Config) -> Iterator[str]:
    plain = Config((), (), (), Training(()))
    if config.id:
        yield f"id: {_list(config.id)}"
    if config.task is not None:
        yield f"task: {config.task}"
    yield f"country: {_text(config.country)}"
    yield f"threshold: {config.threshold:g}"
    yield f"keep: {config.keep}"
    if config.most_pairs != plain.most_pairs:
        yield f"most_pairs: {config.most_pairs}"


def _comparison_line(each: Comparison) -> str:
    parts = [f"how: {each.how}", f"fields: [{', '.join(each.fields)}]"]
    if each.levels != LEVELS.get(each.how, ()):
        parts.append(f"levels: [{', '.join(f'{level:g}' for level in each.levels)}]")
    parts += [] if each.frequency else ["frequency: false"]
    return f"  {each.name}: {{{', '.join(parts)}}}"


def _rule_text(rule: Rule) -> str:
    return f"[{', '.join(str(key) for key in rule)}]"


def _list(words: Sequence[str]) -> str:
    return _text(words[0]) if len(words) == 1 else f"[{', '.join(map(_text, words))}]"


def _text(word: str) -> str:
    """Write a text so that YAML reads it as one; JSON's quotes are YAML's too."""
    return word if _PLAIN.fullmatch(word) and word.lower() not in _SPOKEN else json.dumps(word, ensure_ascii=False)
