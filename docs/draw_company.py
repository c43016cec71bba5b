"""Draws the pictures of docs/guides/the-company.md from one block of the company's people: `make pictures`."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quanyu.simulator.accounts import CARD, KINDS, MINI, OFFICIAL, WECOM
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.baskets import CLOSED, UNPAID
from quanyu.simulator.blocks import Block, draw_block
from quanyu.simulator.calendar import spring_festival
from quanyu.simulator.people import BLOCK, SALES_CHANNELS, STORE
from quanyu.simulator.phones import NONE
from quanyu.simulator.records import NO_DAY, PHONE_DIRT
from quanyu.simulator.world import World, build_world

FOLDER = Path(__file__).parent / "pictures"
INK, QUIET, FAINT, PAPER = "#33373b", "#8b9096", "#dfe2e4", "#ffffff"
GREEN, CLAY, BLUE, SAND, PLUM, MOSS, STONE = (
    "#4f7f6b",
    "#b5714d",
    "#5b7fa3",
    "#c9a75c",
    "#8a6a8f",
    "#93a86b",
    "#a9b0b5",
)
CHANNEL_COLOURS = dict(zip(SALES_CHANNELS, (GREEN, CLAY, SAND, BLUE, PLUM, MOSS, STONE), strict=True))
CHANNEL_NAMES = ("Stores", "Tmall flagship", "Tmall outlet", "JD", "Douyin", "Mini-program", "Site")
SYSTEMS = {
    "card": "Till, loyalty card",
    "mini_program": "Mini-program",
    "site": "Site",
    "app": "App",
    "official": "Official account",
    "wecom": "WeCom",
    "tmall_member": "Tmall member",
    "douyin_member": "Douyin member",
}
LAST_YEAR = 52 * 7


def draw() -> list[Path]:
    """Draw every picture, the same bytes each time."""
    style = {
        "svg.hashsalt": "heyuan",
        "font.size": 10,
        "text.color": INK,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": QUIET,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 12,
        "axes.titlecolor": INK,
        "axes.titlepad": 14,
    }
    world = build_world(Arguments(BLOCK, seed=7))
    block = draw_block(world, 0)
    FOLDER.mkdir(exist_ok=True)
    with mpl.rc_context(style):
        return [_saved(name, size, paint, world, block) for name, (size, paint) in PICTURES.items()]


Paint = Callable[[Axes, World, Block], None]


def _saved(name: str, size: tuple[float, float], paint: Paint, world: World, block: Block) -> Path:
    figure = Figure(figsize=size, facecolor=PAPER)
    paint(figure.add_subplot(), world, block)
    file = FOLDER / f"{name}.svg"
    figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight", pad_inches=0.15)
    # Matplotlib leaves blanks at the ends of lines.
    file.write_text("\n".join(line.rstrip() for line in file.read_text().splitlines()) + "\n")
    return file


def _bare(axes: Axes, *sides: str) -> None:
    for side in sides:
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)


def weeks(axes: Axes, world: World, block: Block) -> None:
    """Orders by week of the last year, stores below screens, with what moves them."""
    orders, start = block.orders, world.arguments.days - LAST_YEAR
    inside = (orders.day >= start) & ~np.isin(orders.status, (UNPAID, CLOSED))
    week, here = (orders.day - start) // 7, inside & (orders.channel == STORE)
    shops, everywhere = (np.bincount(week[some], minlength=52) for some in (here, inside))
    first = world.first + start
    dates = (first + np.arange(52) * 7).astype("datetime64[D]")
    for below, edge, colour, name in ((shops, everywhere, CLAY, "screens"), (0 * shops, shops, GREEN, "stores")):
        axes.fill_between(dates, below, edge, color=colour, alpha=0.32, lw=0, step="mid")
        axes.step(dates, edge, color=colour, lw=1.3, where="mid")
        axes.text(dates[4], (below[4] + edge[4]) / 2, name, color=colour, ha="center", va="center")
    year = world.arguments.until.year
    marks = {
        "Double 11": np.datetime64(f"{year - 1}-11-08"),
        "New Year goods": np.datetime64(spring_festival(year), "D") - 16,
        "Spring Festival": np.datetime64(spring_festival(year), "D") + 1,
        "618": np.datetime64(f"{year}-06-07"),
    }
    for name, when in marks.items():
        at = int((when - first).astype(int) // 7)
        low = name == "Spring Festival"
        place = (0, -26) if low else (0, 12)
        line = {"arrowstyle": "-", "color": QUIET, "lw": 0.6, "shrinkA": 0, "shrinkB": 2}
        label = {"textcoords": "offset points", "ha": "center", "fontsize": 9, "color": INK}
        axes.annotate(name, (dates[at], everywhere[at]), place, arrowprops=line if low else None, **label)
    axes.set_title("Orders by week, the last year (16,384 people)")
    axes.set_ylim(0, everywhere.max() * 1.12)
    axes.set_xlim(dates[0], dates[-1])
    axes.xaxis.set_major_locator(mpl.dates.MonthLocator())
    axes.xaxis.set_major_formatter(mpl.dates.DateFormatter("%b"))
    _bare(axes, "left")


def channels(axes: Axes, world: World, block: Block) -> None:
    """Which part of the orders goes through which sales channel, month by month."""
    orders = block.orders
    paid = ~np.isin(orders.status, (UNPAID, CLOSED))
    month = world.first.astype("datetime64[M]") + np.arange(world.arguments.years * 12)
    of = ((world.first + orders.day).astype("datetime64[M]") - month[0]).astype(int)
    count = np.zeros((len(SALES_CHANNELS), len(month)))
    np.add.at(count, (orders.channel[paid], of[paid]), 1)
    share = np.cumsum(count / count.sum(axis=0), axis=0) * 100
    below, place = np.zeros(len(month)), np.arange(len(month))
    for name, edge, colour in zip(CHANNEL_NAMES, share, CHANNEL_COLOURS.values(), strict=True):
        axes.fill_between(place, below, edge, color=colour, alpha=0.75, lw=0.8, edgecolor=PAPER)
        axes.text(place[-1] + 0.4, (below[-1] + edge[-1]) / 2, name, color=colour, va="center", fontsize=9)
        below = edge
    axes.set_title("Where orders are placed (percent of orders, by month)")
    axes.set_xlim(0, len(month) - 1)
    axes.set_ylim(0, 100)
    axes.set_xticks(place[::6], [str(m) for m in month[::6]])
    _bare(axes, "left", "bottom")


def cycles(axes: Axes, world: World, block: Block) -> None:
    """How long it takes until the same category is bought again: tea soon, sofas hardly ever."""
    goods, lines, orders = world.catalogue, block.lines, block.orders
    shown = {"snacks": SAND, "tea": GREEN, "skincare": PLUM, "bedding": BLUE, "sofas": CLAY}
    edge = 100.0  # of the label above
    for key, colour in shown.items():
        kept = goods.category[lines.sku] == goods.keys.index(key)
        moments = np.unique(orders.who[lines.order[kept]] * 4096 + orders.day[lines.order[kept]])
        who, day = moments // 4096, moments % 4096
        follows = np.append((who[1:] == who[:-1]), False)
        gap = np.where(follows, np.append(np.diff(day), 0), np.inf)
        watched = day < world.arguments.days - 365
        within = np.arange(0, 366, 5)
        share = (gap[watched][:, None] <= within).mean(axis=0) * 100
        axes.plot(within, share, color=colour, lw=1.8)
        edge = min(edge - 4.2, float(share[-1]))
        axes.text(370, edge, key, color=colour, va="center")
    axes.set_title("Bought the same category again (percent, by days since)")
    axes.set_xlim(0, 365)
    axes.set_ylim(0, None)
    axes.set_xticks([0, 45, 90, 180, 270, 365])
    axes.grid(axis="y", color=FAINT, lw=0.6)
    _bare(axes, "left")


def stores(axes: Axes, world: World, block: Block) -> None:
    """Where the stores stand, and whose till each one has."""
    company, cities = world.organisation, world.cities
    for chain, colour, name in ((0, GREEN, "south chain"), (1, BLUE, "north chain")):
        here = company.store_chain == chain
        axes.scatter(
            company.store_longitude[here],
            company.store_latitude[here],
            s=16,
            color=colour,
            alpha=0.55,
            lw=0,
        )
        at = (company.store_longitude[here].max() + 1.2, float(np.median(company.store_latitude[here])))
        axes.text(*at, f"{name}\n{here.sum()} stores", color=colour, va="center")
    names, offset = (
        cities.table["en"].to_pylist(),
        {"Guangzhou": (-9, 8), "Chengdu": (-8, 4), "Wuhan": (5, 5), "Beijing": (5, 7)},
    )
    for city in ("Beijing", "Shanghai", "Guangzhou", "Chengdu", "Wuhan", "Xi'an", "Shenyang", "Urumqi", "Kunming"):
        if city in names:
            place = names.index(city)
            axes.annotate(
                city,
                (cities.longitude[place], cities.latitude[place]),
                offset.get(city, (6, 4)),
                textcoords="offset points",
                fontsize=8,
                color=QUIET,
                ha="right" if offset.get(city, (1, 0))[0] < 0 else "left",
            )
    axes.set_title("300 stores, by coordinates")
    axes.set_aspect(1 / np.cos(np.radians(33)))
    _bare(axes, "left", "bottom")
    axes.set_xticks([])
    axes.set_yticks([])


def rfm(axes: Axes, world: World, block: Block) -> None:
    """Recency by frequency: how many customers, and what half of them spent at least."""
    orders, order = block.orders, block.lines.order
    kept = ~np.isin(orders.status, (UNPAID, CLOSED))
    n = len(block.people)
    count = np.bincount(orders.who[kept], minlength=n)
    last = np.full(n, -1)
    np.maximum.at(last, orders.who[kept], orders.day[kept])
    spent = np.bincount(orders.who[order], np.where(kept[order], block.lines.paid / 100, 0.0), n)
    ago = np.digitize(world.arguments.days - 1 - last, [30, 90, 180, 365])
    often = np.digitize(count, [2, 4, 7, 13])
    buyers = count > 0
    cells = np.zeros((5, 5))
    np.add.at(cells, (often[buyers], ago[buyers]), 1)
    share = cells / buyers.sum() * 100
    shades = mpl.colors.LinearSegmentedColormap.from_list("tea", [PAPER, "#cfe0d7", GREEN])
    for row in range(5):
        for column in range(5):
            value, mine = share[row, column], buyers & (often == row) & (ago == column)
            shade = shades(min(value / share.max(), 1.0))
            axes.add_patch(mpl.patches.Rectangle((column + 0.02, row + 0.03), 0.96, 0.94, color=shade, lw=0))
            dark = value > share.max() * 0.6
            axes.text(column + 0.5, row + 0.58, f"{value:.1f}%", ha="center", va="center", color=PAPER if dark else INK)
            half = f"¥{np.median(spent[mine]):,.0f}" if mine.any() else ""
            axes.text(
                column + 0.5,
                row + 0.27,
                half,
                ha="center",
                va="center",
                fontsize=8,
                color=PAPER if dark else QUIET,
            )
    axes.set_title("Customers by last order and number of orders (percent, and median spend)")
    axes.set_xlim(0, 5)
    axes.set_ylim(0, 5)
    axes.set_xticks(np.arange(5) + 0.5, ["≤ 30 days ago", "31–90", "91–180", "181–365", "longer ago"])
    axes.set_yticks(np.arange(5) + 0.5, ["1 order", "2–3", "4–6", "7–12", "13 and more"])
    _bare(axes, "left", "bottom")


def known(axes: Axes, world: World, block: Block) -> None:
    """Which part of each system's records carries a phone, and which a unionid."""
    records = block.records
    kinds = [KINDS.index(key) for key in SYSTEMS][::-1]
    for place, kind in enumerate(kinds):
        mine = records.account == kind
        wechat = kind in (MINI, OFFICIAL, WECOM)
        phone = float((records.phone[mine] != NONE).mean()) * 100
        unionid = float(records.unionid[mine].mean()) * 100 if wechat else None
        axes.plot([0, 100], [place, place], color=FAINT, lw=0.8, zorder=0)
        axes.plot(phone, place, "o", color=GREEN, ms=8)
        if unionid is not None:
            axes.plot(unionid, place, "o", color=CLAY, ms=8, mfc=PAPER, mew=1.8)
        axes.text(104, place, f"{mine.sum():,} records", color=QUIET, va="center", fontsize=9)
    axes.text(97, len(kinds) - 0.55, "phone", color=GREEN, ha="center")
    axes.text(90, kinds.index(MINI) + 0.42, "unionid", color=CLAY, ha="center")
    axes.set_title("What a record can be recognised by (percent of records)")
    axes.set_yticks(range(len(kinds)), list(SYSTEMS.values())[::-1], color=INK)
    axes.set_xlim(-2, 102)
    axes.set_ylim(-0.6, len(kinds) - 0.2)
    axes.set_xticks([0, 25, 50, 75, 100])
    _bare(axes, "left", "bottom")


def dirt(axes: Axes, world: World, block: Block) -> None:
    """How much of what is written down is empty, missing or wrong."""
    records, orders = block.records, block.orders
    phone, cards = records.phone != NONE, records.account == CARD
    on_cards = records.phone_dirt[phone & cards]
    bad = {name: float((on_cards == code).mean()) * 100 for code, name in enumerate(PHONE_DIRT) if name}
    shares = {
        "attributes left empty": float((records.sex == 0).mean()) * 100,
        "birthday not given": float((records.birthday == NO_DAY).mean()) * 100,
        "receipts without a card": float((~orders.carded[orders.channel == STORE]).mean()) * 100,
        "names written otherwise": float((records.style[cards] != 0).mean()) * 100,
        "card with a relative's phone": bad["shared"],
        "people with a phone that was another's": float(block.phones.recycled.mean()) * 100,
        "card with a slip in the phone": bad["typo"],
        "card with a made-up phone": bad["dummy"],
        "card with the assistant's phone": bad["assistant"],
        "parcels for somebody else": float((orders.receiver[orders.channel != STORE] == 1).mean()) * 100,
    }
    ranked = sorted(shares.items(), key=lambda each: each[1])
    for place, (name, value) in enumerate(ranked):
        axes.barh(place, value, height=0.55, color=CLAY if "phone" in name else STONE, alpha=0.8)
        axes.text(value + 1, place, f"{value:.1f}%", va="center", color=QUIET, fontsize=9)
    axes.set_title("Dirt, with the default arguments (percent)")
    axes.set_yticks(range(len(ranked)), [name for name, _ in ranked], color=INK)
    axes.set_xticks([])
    axes.set_xlim(0, 82)
    _bare(axes, "left", "bottom")


PICTURES: dict[str, tuple[tuple[float, float], Paint]] = {
    "company-weeks": ((9.0, 3.6), weeks),
    "company-channels": ((7.6, 3.4), channels),
    "company-cycles": ((7.4, 3.6), cycles),
    "company-stores": ((6.6, 5.0), stores),
    "company-rfm": ((7.6, 3.8), rfm),
    "company-known": ((7.0, 3.6), known),
    "company-dirt": ((6.8, 3.6), dirt),
}

if __name__ == "__main__":
    for written in draw():
        print(f"{written.stat().st_size:>7,} {written.name}")
