"""A name tells a gender by its title, or by characters that are given to one gender alone; most names tell none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.identity.genders import gender_of


@pytest.mark.parametrize(
    "name", ["王女士", "王小姐", "李太太", "张阿姨", "欧阳 女士", "王芳", "王 芳", "李小娜", "欧阳婷婷"]
)
def test_of_a_woman(name: str):
    assert gender_of(name) == "f"


@pytest.mark.parametrize("name", ["王先生", "李叔叔", "王强", "王志强", "欧阳勇"])
def test_of_a_man(name: str):
    assert gender_of(name) == "m"


@pytest.mark.parametrize("name", ["王老师", "王总", "李明", "王华", "Wang Fang", "王**", "强", "", "王芳强", "小可爱"])
def test_of_either(name: str):
    assert gender_of(name) == ""


def test_a_surname_tells_none():
    assert gender_of("龙静") == "f"
    assert gender_of("龙明") == ""


@given(st.text(max_size=12))
def test_any_text_may_come(text: str):
    assert gender_of(text) in ("f", "m", "")
