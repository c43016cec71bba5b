"""Names are spelled and read right, and what sounds alike is listed as sounding alike."""

import numpy as np
import pytest

from quanyu.simulator.names import ERAS, HONORIFICS, names

READINGS = {
    "单": "shan",
    "曾": "zeng",
    "仇": "qiu",
    "吕": "lv",
    "解": "xie",
    "任": "ren",
    "区": "ou",
    "查": "zha",
    "欧阳": "ouyang",
}
SEXES_AND_ERAS = [(woman, era) for woman in (True, False) for era in range(len(ERAS) + 1)]


def spelled(table) -> dict[str, str]:
    return dict(zip(table["zh"].to_pylist(), table["pinyin"].to_pylist(), strict=True))


def given_in(woman: bool, era: int) -> list[str]:
    characters = names().given_characters["zh"].to_pylist()
    return [characters[i] for i in names().given(woman, era)[0]]


def test_surnames_are_enough_and_their_shares_make_one():
    weight = names().surname_weight
    assert len(weight) == names().surnames.num_rows >= 120
    assert weight.sum() == pytest.approx(1)
    assert weight.min() > 0
    common = names().surnames["zh"].to_pylist()[weight.argmax()]
    assert common in {"王", "李"}


@pytest.mark.parametrize(("surname", "reading"), READINGS.items())
def test_a_surname_is_read_as_a_surname(surname, reading):
    assert spelled(names().surnames)[surname] == reading


@pytest.mark.parametrize("table", ["surnames", "given_characters"])
def test_each_is_listed_once_with_a_plain_reading(table):
    listed = getattr(names(), table)
    assert listed["index"].to_pylist() == list(range(listed.num_rows))
    assert len(spelled(listed)) == listed.num_rows
    assert all(reading.isascii() and reading.islower() and reading.isalpha() for reading in spelled(listed).values())


@pytest.mark.parametrize(("woman", "era"), SEXES_AND_ERAS)
def test_each_sex_and_era_has_about_ninety_characters(woman, era):
    candidates, weight = names().given(woman, era)
    assert len(candidates) == len(weight) == len(set(candidates.tolist())) >= 85
    assert weight.sum() == pytest.approx(1)
    assert (np.diff(weight) < 0).all()
    assert candidates.max() < names().given_characters.num_rows


def test_fashions_differ_by_sex_and_era():
    assert "秀" in given_in(True, 0)
    assert "涵" in given_in(True, 2)
    assert "涵" not in given_in(True, 0)
    assert "建" in given_in(False, 0)
    assert "建" not in given_in(False, 2)
    assert len({tuple(given_in(*each)) for each in SEXES_AND_ERAS}) == 6


def test_every_character_is_given_to_somebody():
    used = {character for each in SEXES_AND_ERAS for character in given_in(*each)}
    assert used == set(names().given_characters["zh"].to_pylist())


def test_a_numpy_flag_chooses_the_sex_too():
    assert np.array_equal(names().given(np.True_, 1)[0], names().given(True, 1)[0])


def test_homophones_sound_alike_and_point_at_what_they_replace():
    by_part = {"surname": names().surnames, "given": names().given_characters}
    listed = names().homophones.to_pylist()
    assert sum(row["part"] == "given" for row in listed) >= 40
    assert len({(row["part"], row["zh"], row["other"]) for row in listed}) == len(listed)
    for row in listed:
        readings = spelled(by_part[row["part"]])
        assert by_part[row["part"]]["zh"][row["index"]].as_py() == row["zh"] != row["other"]
        assert readings.get(row["other"], readings[row["zh"]]) == readings[row["zh"]], row


def test_nicknames_are_whole_or_of_two_parts():
    kinds = names().nicknames["kind"].to_pylist()
    assert len(kinds) >= 150
    assert set(kinds) == {"whole", "head", "tail"}
    assert len(set(zip(kinds, names().nicknames["zh"].to_pylist(), strict=True))) == len(kinds)


def test_what_is_written_can_be_written_in_gb18030():
    texts = [
        text
        for table in ("surnames", "given_characters", "nicknames")
        for text in getattr(names(), table)["zh"].to_pylist()
    ]
    assert [text.encode("gb18030").decode("gb18030") for text in texts] == texts


def test_honorifics_fit_a_sex():
    assert ("女士", True) in HONORIFICS
    assert ("先生", False) in HONORIFICS
