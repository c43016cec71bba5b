"""Phone numbers that patterns do not decide: foreign ones, landlines, extensions; by the plans of all countries."""

from collections.abc import Sequence

import pyarrow as pa

# The country whose numbers go without a calling code, by the currency that a workspace counts in.
_HOMES = {
    "CNY": "CN", "HKD": "HK", "MOP": "MO", "TWD": "TW", "JPY": "JP", "KRW": "KR", "SGD": "SG", "MYR": "MY",
    "THB": "TH", "VND": "VN", "IDR": "ID", "PHP": "PH", "INR": "IN", "AUD": "AU", "NZD": "NZ", "USD": "US",
    "CAD": "CA", "GBP": "GB", "CHF": "CH", "SEK": "SE", "NOK": "NO", "DKK": "DK", "PLN": "PL", "BRL": "BR",
    "MXN": "MX", "ZAR": "ZA", "AED": "AE", "SAR": "SA", "TRY": "TR",
}  # fmt: skip
_CALLING_CODES = {"CN": 86, "US": 1, "CA": 1}


def home_of(currency: str) -> str | None:
    """Return the country of the currency; several countries share the euro, so that those numbers need their code."""
    return _HOMES.get(currency)


def calling_code(home: str | None) -> int | None:
    """Return the calling code of a country whose numbers patterns decide."""
    return _CALLING_CODES.get(home or "")


def decide(odd: Sequence[str], home: str | None) -> pa.Table:
    """Return `odd` and `number`, each text in international form, or NULL where no country has such a number."""
    return pa.table(
        {"odd": pa.array(odd, pa.string()), "number": pa.array([_decide(text, home) for text in odd], pa.string())}
    )


def _decide(text: str, home: str | None) -> str | None:
    import phonenumbers  # noqa: PLC0415  heavy, and only odd numbers need it

    dialled = f"+{text[2:]}" if text.startswith("00") else text
    try:
        number = phonenumbers.parse(dialled, home)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{written};ext={number.extension}" if number.extension else written
