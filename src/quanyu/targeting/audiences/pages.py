"""The frame of a page that needs nothing beside it: both languages, light and dark, and the pieces that it is of."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

from quanyu.customers.quality.markup import say
from quanyu.foundation.text import Text, language


def page(title: Text, inside: Iterable[str]) -> str:
    """Return a whole page; it opens in the reader's language."""
    chosen = language()
    style = (files("quanyu.targeting.audiences") / "pages.css").read_text("utf-8")
    tongues = "".join(
        f'<input type="radio" class="tongue" name="tongue" id="tongue-{tongue}"{" checked" * (tongue == chosen)}>'
        for tongue in ("en", "zh")
    )
    return (
        f'<!doctype html><html lang="{"zh-Hans" if chosen == "zh" else "en"}"><head><meta charset="utf-8">'
        f'<title>{escape(str(title))}</title><meta name="viewport" content="width=device-width">'
        f"<style>{style}</style></head><body>{tongues}<main>{''.join(inside)}</main></body></html>\n"
    )


def head(title: Text, beneath: Text, tiles: Sequence[tuple[str, Text]], notes: Iterable[Text]) -> str:
    """Return the head of a page: what it is about, of when, its main figures, and how to read it."""
    shown = "".join(f"<li><b>{escape(figure)}</b>{say(words)}</li>" for figure, words in tiles)
    told = "".join(f'<p class="pale">{say(note)}</p>' for note in notes)
    return (
        '<header><div class="tongues"><label for="tongue-en">English</label><label for="tongue-zh">中文</label></div>'
        f'<h1>{say(title)}</h1><p class="pale">{say(beneath)}</p><ul class="tiles">{shown}</ul>{told}</header>'
    )


def rect(x: float, y: float, width: float, height: float, kind: str, hint: str = "") -> str:
    inside = f"<title>{escape(hint)}</title>" if hint else ""
    place = f'x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{height:.2f}"'
    return f'<rect {place} class="{kind}">{inside}</rect>' if inside else f'<rect {place} class="{kind}"/>'


def stretched(width: float, height: float, inside: str) -> str:
    """Return a drawing that is as wide as its place."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none" '
        f'aria-hidden="true">{inside}</svg>'
    )


def drawn(width: float, height: float, inside: str) -> str:
    """Return a drawing of a size of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img">{inside}</svg>'
    )


def words_at(x: float, y: float, text: Text, *, end: bool = False, kind: str = "") -> str:
    """Return words in both languages inside a drawing, beginning or ending at x."""
    anchor = ' text-anchor="end"' if end else ""
    tongues = (("en", text.en), ("zh", text.zh))
    return "".join(
        f'<text class="{tongue} {kind}" x="{x:.1f}" y="{y:.1f}"{anchor}>{escape(words)}</text>'
        for tongue, words in tongues
    )
