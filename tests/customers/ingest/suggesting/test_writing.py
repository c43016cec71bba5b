"""Whatever a column is called, the mapping that is written reads back as it; samples name nobody."""

from hypothesis import given
from hypothesis import strategies as st

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.masking import looks_personal, show_samples
from quanyu.customers.ingest.suggesting.writing import quoted, scalar
from quanyu.foundation.documents import read

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)


@given(TEXTS)
def test_a_text_reads_back(text):
    written = f"a: {scalar(text)}\nb: {{{quoted(text)}: {quoted(text)}}}  # {quoted(text)[1:-1]}"
    assert read(written).value == {"a": text, "b": {text: text}}


SECRETS = {
    "13800138001": "138****8001",
    "+86 138-0013-8001": "8001",
    "zhang.wei@qq.com": "z***@qq.com",
    "给王小明 13800138001 打电话": "138****8001",
}


def test_what_is_personal_is_masked_wherever_it_stands():
    for secret, told in SECRETS.items():
        (shown,) = show_samples(Column("note", 0, 1, 1, 1, samples=(secret,)))
        assert told in shown
        assert secret not in shown


def test_columns_of_persons_are_hidden_and_those_of_products_are_not():
    person = Column("姓名", 0, 9, 9, 9, shares={"person": 1.0}, samples=("王小明", "欧阳小明"))
    assert show_samples(person) == ("王**", "欧**")
    assert not looks_personal(Column("商品名称", 0, 9, 9, 9, shares={"person": 0.9}))
    assert looks_personal(Column("c3", 0, 9, 9, 9, shares={"phone": 0.9}))
    assert show_samples(Column("birth", 0, 1, 1, 1, samples=("1990-05-06",))) == ("1990******",)
