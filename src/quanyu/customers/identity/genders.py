"""Whether a name is a woman's or a man's: by its title, or by characters that names of one gender alone are given.

A text that could be either says nothing. It tells people apart who share an identifier, and is no attribute of anybody.
"""

import re

from quanyu.customers.identity.chinese import split_name

FEMALE, MALE = "f", "m"
_TITLES = {"先生": MALE, "叔叔": MALE, "女士": FEMALE, "小姐": FEMALE, "太太": FEMALE, "阿姨": FEMALE}
_TITLED = re.compile(f"({'|'.join(_TITLES)})$")
# Characters of given names that hardly anybody of the other gender bears. What one in twenty does is left out: it would
# cut off more records of one person than it parts strangers.
_OF_WOMEN = frozenset(
    "芳娜婷丽莉媛妍婧嫣姗娇娥婉媚妮姝娴艳萍莲莎菲蓉薇茜莺蕾芬芸茹蕊翠淑娟婕琴琳玲珠霞雯倩娣妹姣婵妤娅嫦菊莹萱蓓蔓黛静"
    "洁瑶嫒珊玫馨柔梅蕙荷茵茉芷樱鹃绮绣蝶姬"
)
_OF_MEN = frozenset("强刚勇磊涛龙虎鹏彪雄豪猛栋峰锋武斌浩剑钢铁铮魁震钧锐钊骏骁驰楷勋壮炳帅邦霆豹铎")


def gender_of(name: str) -> str:
    """Return f or m, and nothing where the name leaves it open."""
    bare = re.sub(r"\s", "", name)
    if titled := _TITLED.search(bare):
        return _TITLES[titled[1]]
    given = set(split_name(bare)[1])
    women, men = bool(given & _OF_WOMEN), bool(given & _OF_MEN)
    return FEMALE if women and not men else MALE if men and not women else ""
