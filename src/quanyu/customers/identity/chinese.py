"""How Chinese names are read: surnames that are read otherwise than the character, compound surnames, and the rest."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import pyarrow as pa

HAN = r"[\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}]"
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]+")


@cache
def surnames() -> Mapping[str, str]:
    """Return compound surnames, and those read otherwise than their character, with their readings without tones."""
    lines = files("quanyu.customers.identity").joinpath("surnames.tsv").read_text("utf-8").splitlines()[1:]
    return dict(line.split("\t") for line in lines)


def split_name(name: str) -> tuple[str, str]:
    """Return surname and given name of a name in Chinese characters."""
    size = 2 if name[:2] in surnames() and len(name) > 2 else 1
    return name[:size], name[size:]


def read_surname(surname: str) -> str:
    """Return how a surname is read, without tones: 单 is shan, 欧阳 is ouyang."""
    return surnames().get(surname) or read(surname)


def read(text: str) -> str:
    """Return how characters are read, without tones and in one word."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  its dictionary takes a while, and Latin names need none

    return "".join(lazy_pinyin(text))


def readings(values: Sequence[str], means: str) -> pa.Table:
    """Return for different texts with Chinese characters: `value`, `surname` and `given` as they are read.

    Of a surname alone `given` is empty, and the other way round. Latin letters beside the characters are kept.
    """
    read_as = [_reading(value, means) for value in values]
    return pa.table(
        {
            "value": pa.array(values, pa.string()),
            "read_surname": pa.array([surname for surname, _ in read_as], pa.string()),
            "read_given": pa.array([given for _, given in read_as], pa.string()),
        }
    )


def _reading(value: str, means: str) -> tuple[str, str]:
    bare = value.replace(" ", "")
    if means == "surname":
        return read_surname(bare), ""
    if means == "given_name" or not _HAN.match(bare):
        return "", read(bare)
    surname, given = split_name(bare)
    return read_surname(surname), read(given)
