"""What names of files and folders tell: the source, which files belong together, whether it is a marketplace."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path

from quanyu.customers.ingest.archives import ENDINGS
from quanyu.customers.ingest.suggesting.words import normalise

_GENERAL = """
orders order items item lines line members member users user customers customer products product stock export
exports data file files table sheet report download receipts receipt transactions transaction events event sent clicks
replies coupons coupon stores store staff full all new copy final list records record sample csv xlsx of the and utf gbk
tmp temp home desktop downloads documents followers accounts contacts cases campaigns messages sales invoices sends mass
skus units warehouses bundles gifts external platform uninstalls
unsubscribes 订单 会员 客户 商品 库存
导出 数据 明细 报表 小票 门店 员工 优惠券 用户 交易 报告 列表
表格
"""
_OF_ANYTHING = frozenset(_GENERAL.split())
_PLATFORMS = (
    *("tmall", "taobao", "jd", "jingdong", "douyin", "pdd", "pinduoduo", "kuaishou", "vip", "amazon"),
    *("天猫", "淘宝", "京东", "抖音", "拼多多"),
)
_MEDIA = ("ads", "adwords", "facebook", "oceanengine", "tencent_ads", "media", "广告", "投放")


def stem(file: Path) -> str:
    """Return a file's name without its endings: orders-2026.csv.gz is orders-2026."""
    name = file.name
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    return name.rpartition(".")[0] or name


def family(file: Path) -> str:
    """Return what files of one export have in common: orders-2026-01.csv and orders-2026-02.csv are orders."""
    return re.sub(r"[\W_]*\d[\d\W_]*", "-", stem(file).lower()).strip("-_ .")


def name_source(files: Sequence[Path]) -> str:
    """Return a short name for the source: the file's, or its folder's where the file only says what is in it."""
    first = files[0].absolute()
    for name in (stem(first), *(folder.name for folder in list(first.parents)[:2])):
        words = [word for word in normalise(name).words if _tells(word)]
        if words:
            return "_".join(words)[:60]
    return family(first).replace("-", "_") or "files"


def _tells(word: str) -> bool:
    return word not in _OF_ANYTHING and not word.isdigit() and not re.fullmatch(r"\d+[a-z]?|[a-z]?\d{4,}", word)


def class_of(words: Iterable[str]) -> str:
    """Guess the class of the data from the words of its names."""
    told = set(words)
    if any(platform in told if platform.isascii() else platform in "".join(told) for platform in _PLATFORMS):
        return "marketplace"
    return "media" if told & set(_MEDIA) else "first_party"


def pattern_of(files: Sequence[Path], below: Path) -> list[str]:
    """Return what stands under `files`: one name, a pattern that names exactly these, or all names."""
    names = [os.path.relpath(file.absolute(), below.absolute()) for file in files]
    folders = {file.absolute().parent for file in files}
    if len(names) == 1 or len(folders) > 1:
        return names
    folder = folders.pop()
    common = _beginning([file.name for file in files])
    ending = _beginning([file.name[::-1] for file in files])[::-1]
    pattern = f"{_without_digits(common)}*{ending.lstrip('0123456789-_')}"
    if any(sign in common + ending for sign in "*?[") or sorted(folder.glob(pattern)) != sorted(
        file.absolute() for file in files
    ):
        return names
    return [os.path.relpath(folder / pattern, below.absolute())]


def _beginning(names: Sequence[str]) -> str:
    """Return the signs with which all names begin."""
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*names, strict=False))
    return "".join(signs[0] for signs in alike)


def _without_digits(common: str) -> str:
    return common.rstrip("0123456789")


def group_families(files: Iterable[Path]) -> Mapping[tuple[Path, str], list[Path]]:
    groups: dict[tuple[Path, str], list[Path]] = {}
    for file in files:
        groups.setdefault((file.parent, family(file)), []).append(file)
    return groups
