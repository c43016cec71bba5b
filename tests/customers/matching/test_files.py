"""Files that cannot be matched are refused before any work, each with what is wrong and nothing personal."""

import pytest
from tests.customers.matching.conftest import READERS

from quanyu.customers.matching.config import read_config
from quanyu.customers.matching.files import gathered
from quanyu.foundation.errors import Invalid, NotFound

CONFIG = read_config(
    """id: [no, 编号]
fields:
  name: {column: [name, 姓名], means: full_name}
  phone: {column: phone, means: phone}
compare:
  name: {how: full_name, fields: [name]}
blocking: [name]
training: {passes: [[name], [phone]]}
"""
)


@pytest.fixture
def gather(engine, tmp_path):
    def run(*texts):
        files = [tmp_path / f"{i}.csv" for i in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text, encoding="utf-8")
        with gathered(engine, files, READERS, CONFIG) as given:
            return engine.backend().to_pyarrow(given.rows.order_by("record")).to_pylist(), given.counts

    return run


def test_files_stand_one_behind_the_other(gather):
    rows, counts = gather("no,name,phone\n1,Anna,7\n2,Ben,\n", "编号,extra,phone,姓名\n1,x,8,王芳\n")
    assert [(row["record"], row["origin"], row["id"], row["r_name"]) for row in rows] == [
        (0, 0, "1", "Anna"),
        (1, 0, "2", "Ben"),
        (2, 1, "1", "王芳"),
    ]
    assert counts == (("0.csv", 2), ("1.csv", 1))


def test_columns_that_are_missing_are_told_for_all_files(gather):
    with pytest.raises(Invalid, match="other columns") as refused:
        gather("no,nam,phone\n1,a,b\n", "number,name\n1,a\n")
    assert [fault.place for fault in refused.value.faults] == ["0.csv: name", "1.csv: phone", "1.csv: id"]
    assert "nam" in refused.value.faults[0].allowed


def test_an_id_that_repeats_is_refused_without_being_shown(gather):
    with pytest.raises(Invalid, match="tell records apart") as refused:
        gather("no,name,phone\nsecret-7,a,1\nsecret-7,b,2\n,c,3\n")
    assert refused.value.received == "0.csv: no, 编号: 1 empty, 1 repeated"
    assert "secret" not in str(refused.value.describe())


def test_an_empty_file_and_one_that_is_not_there(engine, gather, tmp_path):
    with pytest.raises(Invalid, match="no lines"):
        gather("no,name,phone\n")
    with pytest.raises(NotFound), gathered(engine, [tmp_path / "none.csv"], READERS, CONFIG):
        pass
    (tmp_path / "x.pdf").write_text("x")
    with pytest.raises(Invalid, match="No format"), gathered(engine, [tmp_path / "x.pdf"], READERS, CONFIG):
        pass
    with pytest.raises(Invalid, match="Name the files"), gathered(engine, [], READERS, CONFIG):
        pass
