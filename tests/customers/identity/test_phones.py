"""Numbers that patterns leave open are decided by the plans of their countries."""

from quanyu.customers.identity.phones import calling_code, decide, home_of

NUMBERS = {
    "+44 20 7946 0018": "+442079460018",
    "+44 (0)20 7946 0018": "+442079460018",
    "0044 20 7946 0018": "+442079460018",
    "+852 6123 4567": "+85261234567",
    "010-62345678": "+861062345678",
    "0755-2345 6789": "+8675523456789",
    "010-62345678 ext. 801": "+861062345678;ext=801",
    "+86 138 0013": None,
    "+999 12345678": None,
    "62345678": None,
    "手机丢了": None,
}


def test_numbers_of_all_countries_in_international_form():
    found = decide(list(NUMBERS), home_of("CNY")).to_pylist()
    assert {row["odd"]: row["number"] for row in found} == NUMBERS
    assert decide(["020 7946 0018"], home_of("GBP")).to_pylist()[0]["number"] == "+442079460018"
    assert decide(["020 7946 0018"], home_of("EUR")).to_pylist()[0]["number"] is None
    assert [calling_code(home_of(currency)) for currency in ("CNY", "USD", "EUR")] == [86, 1, None]
