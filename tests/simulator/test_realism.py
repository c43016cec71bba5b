"""The company and public data are measured alike, the known figures come out, and differences are told in words."""

import gzip
import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import ks_2samp

from quanyu.simulator.arguments import Arguments, Refused
from quanyu.simulator.realism import public, sales
from quanyu.simulator.realism.comparing import compare, distance, summary
from quanyu.simulator.realism.reasons import MEASURES, REASONS
from quanyu.simulator.realism.sales import Sales
from quanyu.simulator.realism.trial import Arm, added, doubt

COMMAND = [sys.executable, "-c", "import sys; from quanyu.app.cli import main; sys.exit(main())"]
PEOPLE = 3000


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest):
    """Return the folder of public data, or skip."""
    folder = request.config.rootpath.parent / "shared" / "data"
    if not (folder / public.ONLINE_RETAIL).is_file():
        pytest.skip("needs the public data sets beside the checkout")
    return folder


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory):
    """Write two small public data sets: a music mail order, and a test of e-mails."""
    folder, chance = tmp_path_factory.mktemp("public"), np.random.default_rng(1)
    (folder / "cdnow").mkdir()
    days = ["19970101", "19970215", "19980103", "19980630"]
    rows = [f"{c},{c},{days[v]},{1 + v},{10 + c % 7}.5" for c in range(90) for v in range(1 + c % 4)]
    (folder / public.CDNOW).write_text("masterid,sampleid,date,cds,sales\n" + "\n".join(rows) + "\n")
    (folder / "hillstrom").mkdir()
    arms = [("No E-Mail", 0.1), ("Mens E-Mail", 0.2), ("Womens E-Mail", 0.15)]
    told = [(arm, int(chance.random() < rate)) for arm, rate in arms for _ in range(800)]
    lines = [
        f"{arm},{visit},{visit * (i % 9 == 0):d},{visit * (i % 9 == 0) * 30.0}" for i, (arm, visit) in enumerate(told)
    ]
    with gzip.open(folder / public.HILLSTROM, "wt") as out:
        out.write("segment,visit,conversion,spend\n" + "\n".join(lines) + "\n")
    return folder


def bought(*lines: tuple[int, int, int, int, int, float, float]) -> Sales:
    """Return lines of (customer, day, order, product, category, listed, paid)."""
    customer, day, order, product, category, listed, paid = (np.array(column) for column in zip(*lines, strict=True))
    return Sales(customer, day, order, product, category, np.full(len(lines), 2), listed, paid)


FEW = bought(
    (1, 0, 10, 5, 0, 10.0, 8.0),
    (1, 0, 10, 6, 1, 10.0, 10.0),
    (1, 7, 11, 5, 0, 30.0, 30.0),
    (2, 3, 12, 5, 0, 50.0, 25.0),
    (3, 20, 13, 7, 2, 7.0, 7.0),
)


def test_each_figure_by_hand():
    assert sales.orders_each(FEW).tolist() == [2, 1, 1]
    assert sales.share_once(FEW) == pytest.approx(2 / 3)
    assert sales.gaps(FEW).tolist() == [7]
    assert sales.lines_each(FEW).tolist() == [2, 1, 1, 1]
    assert sales.items_each(FEW).tolist() == [4, 2, 2, 2]
    assert sales.of_top_customers(FEW) == pytest.approx(48 / 80)
    assert sales.of_top_products(FEW) == pytest.approx(63 / 80)
    assert sales.share_discounted(FEW) == pytest.approx(2 / 5)
    assert sales.depth(FEW).tolist() == pytest.approx([0.2, 0.5])
    assert sales.lines_per_product(FEW) == pytest.approx(5 / 3)


def test_inequality_of_products():
    alike = bought(*((1, 0, each, each, 0, 5.0, 5.0) for each in range(10)))
    alone = bought(*((1, 0, each, each, 0, 5.0, 1e9 if each == 3 else 1e-9) for each in range(10)))
    assert sales.product_gini(alike) == pytest.approx(0.0)
    assert sales.product_gini(alone) == pytest.approx(0.9)


def test_windows():
    assert set(FEW.last_days(14).day) == {7, 20}
    assert sorted(FEW.from_the_first(14).customer) == [1, 1, 1, 2]
    assert set(FEW.from_the_first(7).day) == {0, 3, 20} - {20}


def test_the_top_category_is_that_of_five_lines():
    one = [(1, day, day, 0, day % 5 == 0, 10.0, 10.0) for day in range(5)]
    many = [(2, day, 100 + day, 0, 3, 10.0, 10.0) for day in range(50)]
    few = [(3, 0, 200, 0, 1, 10.0, 10.0)]
    assert sorted(sales.favourite_share(bought(*one, *many, *few))) == pytest.approx([0.8, 1.0])


def test_thinning_makes_products_as_rare_as_elsewhere():
    many = bought(*((1, 0, each, each % 50, 0, 1.0, 1.0) for each in range(20_000)))
    rare = bought(*((1, 0, each, each % 40, 0, 1.0, 1.0) for each in range(200)))
    assert sales.lines_per_product(sales.as_often_sold(many, rare)) == pytest.approx(5.0, rel=0.15)
    assert len(sales.as_often_sold(rare, many)) == len(rare)


def test_the_distance_is_that_of_kolmogorov_and_smirnov():
    chance = np.random.default_rng(7)
    ours, theirs = chance.poisson(3.0, 400).astype(float), chance.gamma(2.0, 2.0, 300).round()
    assert distance(ours, theirs) == pytest.approx(ks_2samp(ours, theirs).statistic)
    assert summary(np.array([1.0, 2.0, 3.0]))["median"] == 2.0


def test_what_a_message_adds_and_how_sure_that_is():
    nothing, zeros = np.array([0.0, 1.0, 0.0, 0.0]), np.zeros(4)
    control, mailed = Arm(nothing, zeros, zeros, zeros), Arm(np.array([0.0, 1.0, 1.0, 0.0]), zeros, zeros, zeros)
    assert added(mailed, control, "visit") == 0.25
    assert doubt(mailed, control, "visit") == pytest.approx(1.96 * np.sqrt(0.1875 / 4))
    assert doubt(control, control, "visit") == 0.0


def test_known_figures_of_the_gift_retailer(shared):
    found = public.online_retail(shared)
    assert found is not None
    assert (len(found), len(np.unique(found.customer)), len(np.unique(found.order))) == (397_884, 4_338, 18_532)
    assert found.paid.sum() == pytest.approx(8_911_407.904)
    assert sales.share_once(found) == pytest.approx(1_493 / 4_338)
    assert round(sales.of_top_customers(found), 4) == 0.7459
    orders = sales.orders_each(found)
    assert (round(orders.mean(), 3), np.median(orders), orders.max()) == (4.272, 2, 209)


def test_known_figures_of_the_others(shared):
    music, groceries, mails = public.cdnow(shared), public.complete_journey(shared), public.hillstrom(shared)
    assert music is not None
    assert groceries is not None
    assert mails is not None
    assert (len(music), len(np.unique(music.customer))) == (6_919, 2_357)
    assert len(np.unique(music.from_the_first(455).customer)) == 2_357
    assert len(np.unique(groceries.customer)) > 2_300
    assert added(mails[1], mails[0], "visit") == pytest.approx(0.07659, abs=1e-5)
    assert added(mails[2], mails[0], "bought") == pytest.approx(0.00311, abs=1e-5)


def test_the_company_beside_real_ones(shared):
    found = compare(Arguments(16_384, seed=7), shared)
    assert found.missing == ()
    apart = {(row.measure, row.data): row for row in found.rows}
    assert set(apart) == set(REASONS)
    alike = {key for key, row in apart.items() if row.alike}
    assert {("share_once", "online_retail"), ("orders_each", "online_retail"), ("gaps", "online_retail")} <= alike
    assert {("top_customers", "online_retail"), ("share_discounted", "complete_journey")} <= alike
    assert all(row.verdict[0].startswith("alike" if row.alike else "differs, ") for row in found.rows)


def test_a_data_set_that_is_not_there_is_left_out(made_up):
    found = compare(Arguments(PEOPLE, seed=3), made_up)
    assert found.missing == ("online_retail", "complete_journey")
    assert {row.data for row in found.rows} == {"cdnow", "hillstrom"}
    once = next(row for row in found.rows if row.measure == "share_once")
    assert once.public["share"] == pytest.approx(23 / 90)
    assert compare(Arguments(PEOPLE, seed=3), made_up) == found


def test_small_tables_are_read(tmp_path):
    for name in (public.ONLINE_RETAIL, public.JOURNEY, public.JOURNEY_PRODUCTS):
        (tmp_path / name).parent.mkdir(exist_ok=True)
    when = np.datetime64("2011-01-02T10:00:00", "us") + np.arange(4) * np.timedelta64(1, "D")
    retail = {"InvoiceNo": ["1", "1", "C2", "3"], "StockCode": ["A", "B", "A", "A"], "Quantity": [1, 2, -1, 5]}
    retail |= {
        "InvoiceDate": when,
        "UnitPrice": [1.5, 2.0, 1.5, 1.0],
        "CustomerID": pa.array([7, 7, 7, None], pa.int32()),
    }
    pq.write_table(pa.table(retail), tmp_path / public.ONLINE_RETAIL)
    found = public.online_retail(tmp_path)
    assert found is not None
    assert (found.paid.tolist(), len(np.unique(found.order))) == ([1.5, 4.0], 1)
    assert public.complete_journey(tmp_path) is None
    lines = {"household_id": ["a", "b"], "basket_id": ["1", "2"], "product_id": ["p", "q"], "quantity": [1.0, 1.0]}
    lines |= {"sales_value": [2.0, 1.0], "retail_disc": [0.5, 0.0], "coupon_disc": [0.5, 0.0]}
    lines |= {"coupon_match_disc": [0.0, 0.0], "transaction_timestamp": when[:2]}
    pq.write_table(pa.table(lines), tmp_path / public.JOURNEY)
    pq.write_table(pa.table({"product_id": ["p"], "department": ["TEA"]}), tmp_path / public.JOURNEY_PRODUCTS)
    found = public.complete_journey(tmp_path)
    assert found is not None
    assert sales.share_discounted(found) == 0.5
    assert sales.depth(found).tolist() == pytest.approx([0.4])


def test_what_cannot_be_compared_is_refused(made_up, tmp_path):
    with pytest.raises(Refused) as young:
        compare(Arguments(PEOPLE, years=1), made_up)
    with pytest.raises(Refused) as empty:
        compare(Arguments(PEOPLE), tmp_path)
    assert [refused.value.faults[0][0].split(":")[0] for refused in (young, empty)] == ["years", "public"]


def test_every_reason_is_in_both_languages():
    told = [words for reason in REASONS.values() for words in (reason.higher, reason.lower) if words]
    assert all(en and any(sign >= "一" for sign in zh) for en, zh in [*told, *MEASURES.values()])
    assert {measure for measure, _ in REASONS} == set(MEASURES)


@pytest.mark.scale
def test_the_command_in_words_and_as_json(made_up):
    question = ["simulate", "compare", "--public", made_up, "--customers", str(PEOPLE), "--seed", "3"]
    words = subprocess.run([*COMMAND, *question], capture_output=True, text=True)
    assert words.returncode == 0, words.stderr
    assert "online_retail is not in that folder" in words.stderr
    assert "KS" in words.stdout
    document = json.loads(subprocess.run([*COMMAND, *question, "--json"], capture_output=True, text=True).stdout)
    assert document["missing"] == ["online_retail", "complete_journey"]
    assert set(document["rows"][0]["verdict"]) == {"en", "zh"}
