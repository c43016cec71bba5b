"""Tells names of persons from nicknames, and how they are read, so that two spellings of one name are equal."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from quanyu.customers.identity.chinese import read, read_surname, split_name, surnames
from quanyu.customers.identity.genders import gender_of
from quanyu.foundation.kinds import Delivery
from quanyu.foundation.lake.hashing import keyed_hash
from quanyu.foundation.lake.model import Value
from quanyu.foundation.workspace import Workspace

NAME_KEYS = ("family_key", "name_key")
NAME_GENDER = "name_gender"
_OPEN = "open"  # a name that either gender bears, or none: it takes away what an older one said

# The frequent surnames; a text that begins otherwise is seldom somebody's name. 阿 begins nicknames.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖"
    "范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎闫薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔汤向常温康施文牛樊葛邢安齐易乔"
    "伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍"
    "华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇"
    "栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区"
    "郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊乌母裘亓修邰赫杭况"
)
_GIVEN = 2  # characters at most
_TITLES = re.compile("(先生|女士|小姐|太太|老师|总|阿姨|叔叔)$")
_KIN = re.compile("(爸爸|妈妈|爸|妈|麻麻|粑粑|爷爷|奶奶)$")  # 豆豆妈: somebody's, who is not named
# Words that begin as a name does and are what people call themselves: nobody's name.
_WORDS = frozenset((
    "向日葵", "向阳花", "向往", "初见", "初心", "初夏", "初雪", "初恋", "初晨", "安静", "安好", "安心", "时光",
    "时间", "温暖", "温馨", "白菜", "石头", "石榴", "金鱼", "金牛座", "牛牛", "马上", "何处", "何必", "常在",
    "关心", "关爱", "乐观", "燕子", "盛夏", "司机", "路人", "路人甲", "童年", "童话", "童心", "游子", "游客",
    "满天星", "花儿", "花花", "花开", "花朵", "花海", "全家福", "相思", "相遇", "宁静", "古风", "夏日", "夏夜",
    "江湖", "单身", "简单", "康乃馨", "苗苗", "叶子", "平安", "平凡", "平淡", "云朵", "雪花", "余生", "许愿",
    "毛豆", "丁香花", "米粒", "麦田", "来日", "晴天", "柳絮", "雨后", "左耳", "龙猫", "元气", "元宝", "阳光",
    "凤凰", "应该",
))  # fmt: skip
_HAN = re.compile("[\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z]+(?:[ '.-]+[a-z]+){1,3}\.?")
_HIDDEN = re.compile(r"^([\u4e00-\u9fff]{1,2}?)[*＊xX某]{1,3}$|^([\u4e00-\u9fff])[*＊某][\u4e00-\u9fff]?$")


def reading_of(name: str) -> tuple[str, str]:
    """Return how surname and whole name are read; empty where the text does not say them.

    王芳, 王 芳 and Wang Fang are (wang, wangfang), 王女士 and 王** are (wang, ""), and a nickname is nothing.
    """
    bare = name.strip().lower()
    if _LATIN.fullmatch(bare):
        return _latin(re.split(r"[ '.-]+", bare.rstrip(".")))
    joined = re.sub(r"\s", "", bare)
    hidden = _HIDDEN.match(joined)
    if hidden:
        surname = hidden[1] or hidden[2]
        return (_read_family(surname), "") if _is_surname(surname) else ("", "")
    titled = _TITLES.sub("", joined)
    if titled != joined:
        return (_read_family(titled), "") if _is_surname(titled) else ("", "")
    if not _HAN.fullmatch(joined) or _KIN.search(joined) or joined in _WORDS:
        return "", ""
    surname, given = split_name(joined)
    if not (_is_surname(surname) and 0 < len(given) <= _GIVEN):
        return "", ""
    family = _read_family(surname)
    return family, family + "".join(map(_read, given))


@cache
def _read(character: str) -> str:
    """Read a character by itself: a dictionary of phrases takes fifty times as long, and would read names as words."""
    return read(character)


@cache
def _read_family(surname: str) -> str:
    return read_surname(surname)


@cache
def _readings_of_surnames() -> frozenset[str]:
    return frozenset({read_surname(character) for character in _SURNAMES} | set(surnames().values()))


def _is_surname(text: str) -> bool:
    return (len(text) == 1 and text in _SURNAMES) or (len(text) > 1 and text in surnames())


def _latin(words: list[str]) -> tuple[str, str]:
    """Read pinyin with the surname first or last; of other names the last word is the surname."""
    known = _readings_of_surnames()
    first, last = words[0] in known, words[-1] in known
    family = words.pop(0) if first or (not last and len(words) == 1) else words.pop()
    return family, family + "".join(words)


def key_of_name(workspace: Workspace, name: str) -> int | None:
    """Return the key that records of this name have; None where the text does not say a whole name."""
    _, whole = reading_of(name)
    if not whole:
        return None
    told: Value = ibis.memtable(pa.table({"whole": [whole]}))
    found = workspace.lake.to_arrow(told.select(key=_bits(workspace.key.hash_secret, told.whole)))
    return int(found["key"][0].as_py())


@contextmanager
def with_names(delivery: Delivery, rows: ir.Table) -> Generator[ir.Table]:
    """Put `family_key` and `name_key`, keyed hashes of surname and whole name as they are read, beside column `name`.

    They are equal where two records bear one name, whoever they are. `name_gender` is f or m where the name is given to
    one gender alone, else open. Identity compares them; nobody else reads them.
    """
    lake, secret = delivery.workspace.lake, delivery.workspace.key.hash_secret
    names = lake.to_arrow(rows.filter(rows.name.notnull()).select("name").distinct())["name"]
    texts = names.to_pylist()
    read_as = [reading_of(name) for name in texts]
    genders = [(gender_of(name) if family else "") or _OPEN for name, (family, _) in zip(texts, read_as, strict=True)]
    told: Value = ibis.memtable(
        pa.table(
            {
                "_name": names,
                "family": pa.array([family or None for family, _ in read_as], pa.string()),
                "whole": pa.array([whole or None for _, whole in read_as], pa.string()),
                NAME_GENDER: pa.array(genders, pa.string()),
            }
        )
    )
    keys = {"family_key": _bits(secret, told.family), "name_key": _bits(secret, told.whole)}
    hashed = told.select("_name", NAME_GENDER, **keys)
    with lake.held(hashed) as known:
        yield rows.left_join(known, [("name", "_name")]).select(*rows.columns, *NAME_KEYS, NAME_GENDER)


def _bits(secret: str, reading: Value) -> Value:
    """Return 60 keyed bits."""
    bits: Value = keyed_hash(secret, ibis.literal("name as it is read"), reading)
    return (ibis.literal("0x") + bits.replace("-", "").left(15)).cast("int64")
