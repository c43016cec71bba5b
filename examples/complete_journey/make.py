"""Writes data/*.parquet: made-up households of a grocery retailer, in the shape of the public data "Complete Journey".

They have what the public files have: lines that only note a coupon (no pieces, no money), fuel counted in thousandths
of a gallon, products without a category, products that the list does not know, households that nobody has described,
times in UTC, campaigns whose coupons few households redeem, and two numbers that R has written, 9e+05 and 4.0128e+10.
The same seed writes the same rows. Needs NumPy and PyArrow.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SEED = 2_017
OPENED, CLOSED = datetime.fromisoformat("2017-01-01 12:00:00"), datetime.fromisoformat("2018-01-01 04:00:00")
HOUSEHOLDS, DESCRIBED, STORES = 60, 22, 4
AT_THE_STORES = ZoneInfo("America/New_York")
FUEL = "6534178"
FIRST_BASKET, BETWEEN_BASKETS = 40_128_000_000 - 500 * 7_919, 7_919  # the 501st comes to 40,128,000,000


def fields(kind: pa.DataType, *names: str) -> list[pa.Field]:
    return [pa.field(name, kind) for name in names]


TEXT, NUMBER = pa.large_string(), pa.float64()
KNOWN = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
LISTED = ("product_id", "manufacturer_id", "department", "brand", "product_category", "product_type", "package_size")
DEMOGRAPHICS = pa.schema(fields(TEXT, "household_id", *KNOWN))
PRODUCTS = pa.schema(fields(TEXT, *LISTED))
TRANSACTIONS = pa.schema(
    [
        *fields(TEXT, "household_id", "store_id", "basket_id", "product_id"),
        *fields(NUMBER, "quantity", "sales_value", "retail_disc", "coupon_disc", "coupon_match_disc"),
        *fields(pa.int32(), "week"),
        *fields(pa.timestamp("us"), "transaction_timestamp"),
    ]
)
CAMPAIGNS = pa.schema(fields(TEXT, "campaign_id", "household_id"))
REDEMPTIONS = pa.schema(
    [*fields(TEXT, "household_id", "coupon_upc", "campaign_id"), *fields(pa.timestamp("us"), "redemption_date")]
)
MAILED = {  # campaign: from when its coupons are good, and how many days
    "8": ("2017-05-08", 49),
    "13": ("2017-08-08", 48),
    "16": ("2017-10-04", 33),
    "18": ("2017-10-30", 56),
}
SHELVES = {
    ("GROCERY", "SOFT DRINKS"): ("COLA 12 PK", "GINGER ALE", "TONIC WATER"),
    ("GROCERY", "BAKED BREAD/BUNS/ROLLS"): ("MAINSTREAM WHITE BREAD", "HAMBURGER BUNS", "RYE BREADS"),
    ("GROCERY", "FLUID MILK PRODUCTS"): ("WHOLE MILK", "SKIM MILK", "CHOCOLATE MILK"),
    ("PRODUCE", "TROPICAL FRUIT"): ("BANANAS", "PINEAPPLE", "MANGO"),
    ("PRODUCE", "POTATOES"): ("RUSSET POTATOES", "SWEET POTATOES", "RED POTATOES"),
    ("MEAT", "BEEF"): ("LEAN GROUND BEEF", "CHOICE CHUCK", "STEW MEAT"),
    ("DRUG GM", "CANDY - PACKAGED"): ("CHOCOLATE BARS", "CHEWING GUM", "GUMMIES"),
    ("DELI", "SALADS/DIPS"): ("POTATO SALAD", "HUMMUS", "COLESLAW"),
}

Line = tuple[str, str, str, str, float, float, float, float, float, int, datetime]
Targets = dict[str, list[str]]  # campaign: households


def as_r(number: int) -> str:
    """Write a number as R turns it into text: in powers of ten where that is shorter."""
    plain = str(number)
    first, rest = plain[0], plain[1:].rstrip("0")
    short = f"{first}.{rest}e+{len(plain) - 1:02}" if rest else f"{first}e+{len(plain) - 1:02}"
    return min(plain, short, key=len)


def products(draw: np.random.Generator) -> tuple[list[tuple[str | None, ...]], list[float]]:
    """Return the list of products, the most sold first, and the prices of those that are sold by the piece."""
    kinds = [(*shelf, kind) for shelf, found in SHELVES.items() for kind in found]
    codes = np.sort(draw.choice(np.arange(800_000, 1_100_000), 2 * len(kinds), replace=False))
    listed: list[tuple[str | None, ...]] = []
    for place, code in enumerate(codes):
        department, category, kind = kinds[place // 2]
        private = place % 2 == 1
        maker, brand = ("69", "Private") if private else (str(draw.integers(100, 2_000)), "National")
        size = f"{draw.integers(6, 40)} OZ" if draw.random() < 0.7 else None
        listed.append((str(code), maker, department, brand, category, kind, size))
    listed = [listed[i] for i in draw.permutation(len(listed))]
    listed.append((FUEL, "69", "FUEL", "Private", "FUEL", "GASOLINE-REG UNLEADED", None))
    listed += [(str(code), "2", "MISCELLANEOUS", "National", None, None, None) for code in (26_081, 26_355)]
    listed.append((as_r(900_000), "2393", "COSMETICS", "National", "FRAGRANCES", "DESIGNER FRAGRANCES", ".8 OZ"))
    return listed, [round(float(price), 2) for price in draw.lognormal(0.95, 0.55, len(codes))]


def demographics(draw: np.random.Generator, households: list[str]) -> list[tuple[str | None, ...]]:
    """Return what is known of the described households; of some not everything."""
    known: list[tuple[str | None, ...]] = []
    for household in households[:DESCRIBED]:
        kids = int(draw.choice([0, 0, 0, 1, 2]))
        adults = int(draw.choice([1, 2]))
        age = str(draw.choice(["19-24", "25-34", "35-44", "45-54", "55-64", "65+"]))
        income = str(draw.choice(["15-24K", "25-34K", "35-49K", "50-74K", "75-99K", "100-124K"]))
        owns = str(draw.choice(["Homeowner", "Renter"])) if draw.random() < 0.7 else None
        married = ("Married" if adults == 2 else "Unmarried") if draw.random() < 0.8 else None
        words = f"{adults} Adult{'s' * (adults > 1)} {'Kids' if kids else 'No Kids'}"
        known.append((household, age, income, owns, married, str(adults + kids), words, str(kids)))
    return sorted(known, key=lambda row: row[0] or "")


def trips(draw: np.random.Generator) -> Iterator[datetime]:
    """Yield when a household shops, in UTC: every few weeks in its own rhythm; one in five stops in the year."""
    gap, at = float(draw.gamma(3.0, 9.0)) + 6, OPENED + timedelta(days=float(draw.uniform(0, 60)))
    last = OPENED + timedelta(days=float(draw.uniform(120, 270))) if draw.random() < 0.2 else CLOSED
    while at < last:
        seconds = 12 * 3600 + int(draw.integers(0, 16 * 3600))  # 12:00 in UTC is early morning at the stores
        moment = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=seconds)
        if moment < min(last, CLOSED):
            yield moment
        at += timedelta(days=float(draw.gamma(4.0, gap / 4)) + 1)


def basket(
    draw: np.random.Generator, codes: list[str], prices: list[float]
) -> Iterator[tuple[str, float, list[float]]]:
    """Yield product, pieces and the four amounts of each line."""
    weights = 1 / np.arange(1, len(prices) + 1) ** 0.7
    for i in draw.choice(len(prices), int(draw.geometric(0.4)), replace=False, p=weights / weights.sum()):
        pieces = int(draw.choice([1, 1, 1, 1, 2, 3]))
        off = round(pieces * prices[i] * 0.15, 2) if draw.random() < 0.4 else 0.0
        coupon = 0.5 if draw.random() < 0.04 and prices[i] > 1 else 0.0
        yield codes[i], float(pieces), [round(pieces * prices[i] - off, 2), off, coupon, 0.0]
    if draw.random() < 0.05:
        gallons = round(float(draw.uniform(6, 15)), 3)
        yield FUEL, float(round(gallons * 1_000)), [round(gallons * 2.31, 2), round(gallons * 0.05, 2), 0.0, 0.0]
    if draw.random() < 0.03:
        yield "5978656", 0.0, [0.0, 0.0, 0.55, 0.0]  # a coupon alone, on a product that the list does not know


def transactions(draw: np.random.Generator, households: list[str], codes: list[str], prices: list[float]) -> list[Line]:
    """Return the lines of all baskets; a basket has one household, one store and one moment."""
    stores = [str(store) for store in np.sort(draw.choice(np.arange(290, 450), STORES, replace=False))]
    usual = {household: str(draw.choice(stores)) for household in households}
    visits = sorted((moment, household) for household in households for moment in trips(draw))
    lines: list[Line] = []
    for number, (moment, household) in enumerate(visits):
        store = usual[household] if draw.random() < 0.85 else str(draw.choice(stores))
        week, receipt = 1 + (moment - OPENED).days // 7, as_r(FIRST_BASKET + number * BETWEEN_BASKETS)
        for code, pieces, (paid, off, coupon, matched) in basket(draw, codes, prices):
            lines.append((household, store, receipt, code, pieces, paid, off, coupon, matched, week, moment))
    return lines


def targets(draw: np.random.Generator, households: list[str]) -> Targets:
    """Return to which households each campaign's coupons go."""
    chosen = {campaign: draw.random(len(households)) < draw.uniform(0.2, 0.6) for campaign in MAILED}
    return {campaign: sorted(np.array(households)[each].tolist()) for campaign, each in chosen.items()}


def redemptions(
    draw: np.random.Generator, targeted: Targets, lines: list[Line]
) -> list[tuple[str, str, str, datetime]]:
    """Return who redeemed which coupon on which day at the stores: some of the targeted, when they shop there."""
    shopped: dict[str, set[datetime]] = {}
    for household, *_, moment in lines:
        day = moment.replace(tzinfo=UTC).astimezone(AT_THE_STORES).replace(tzinfo=None)
        shopped.setdefault(household, set()).add(day.replace(hour=0, minute=0, second=0))
    redeemed: list[tuple[str, str, str, datetime]] = []
    for campaign, households in targeted.items():
        coupons = [str(code) for code in draw.choice(np.arange(51_000_000_001, 51_000_099_999), 12, replace=False)]
        start, days = datetime.fromisoformat(MAILED[campaign][0]), timedelta(days=MAILED[campaign][1])
        for household in [each for each in households if draw.random() < 0.3]:
            for day in sorted(day for day in shopped.get(household, ()) if start <= day < start + days):
                for coupon in draw.choice(coupons, int(draw.choice([0, 1, 1, 2, 4])), replace=False):
                    redeemed.append((household, str(coupon), campaign, day))
    return sorted(redeemed, key=lambda row: (row[3], row[0], row[1]))


def write(folder: Path) -> None:
    draw = np.random.default_rng(SEED)
    households = [str(n) for n in draw.choice(np.arange(1, 2_501), HOUSEHOLDS, replace=False)]
    listed, prices = products(draw)
    codes = [str(row[0]) for row in listed]
    known, lines = demographics(draw, households), transactions(draw, households, codes, prices)
    targeted = targets(draw, households)
    files = {
        "demographics": (DEMOGRAPHICS, known),
        "products": (PRODUCTS, listed),
        "transactions_sample": (TRANSACTIONS, lines),
        "campaigns": (CAMPAIGNS, [(campaign, each) for campaign, found in targeted.items() for each in found]),
        "coupon_redemptions": (REDEMPTIONS, redemptions(draw, targeted, lines)),
    }
    folder.mkdir(exist_ok=True)
    for name, (schema, rows) in files.items():
        columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)]
        pq.write_table(pa.Table.from_arrays(columns, schema=schema), folder / f"{name}.parquet", compression="zstd")


if __name__ == "__main__":
    write(Path(__file__).with_name("data"))
