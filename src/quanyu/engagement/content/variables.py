"""What a template may ask for: tags of the customer, his name, links, the page to unsubscribe, and the entry's context.

{{ tags.points }}          a tag of the standing packs; amounts in major units
{{ customer.name }}        the name that speaks for him by the policy
{{ links.shop }}           a link of this content, his own
{{ unsubscribe }}          his page to unsubscribe
{{ entry.order }}          what the trigger of a journey told of his entry
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from quanyu.engagement.content.liquid import names_of
from quanyu.foundation.definitions import near

TAGS, CUSTOMER, LINKS, ENTRY, UNSUBSCRIBE = "tags", "customer", "links", "entry", "unsubscribe"
OF_CUSTOMER = ("name",)
ROOTS = (TAGS, CUSTOMER, LINKS, ENTRY, UNSUBSCRIBE)


@dataclass(frozen=True)
class Asked:
    """What templates ask for, each once."""

    tags: tuple[str, ...] = ()
    name: bool = False
    links: tuple[str, ...] = ()
    entry: tuple[str, ...] = ()
    unsubscribe: bool = False


def asked_by(sources: Sequence[tuple[str, bool]]) -> Asked:
    """Return what these templates ask for; each comes with whether it is markup. They have been checked."""
    paths = [path for source, markup in sources for path in names_of(source, markup=markup)]

    def below(root: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(path[1] for path in paths if path[0] == root and len(path) > 1))

    return Asked(below(TAGS), bool(below(CUSTOMER)), below(LINKS), below(ENTRY), (UNSUBSCRIBE,) in paths)


def unknown(path: tuple[str, ...], tags: Collection[str], links: Collection[str]) -> tuple[str, ...] | None:
    """Return what may stand in the place of a name that is not known; None where it is known."""
    root, rest = path[0], path[1:]
    if root == UNSUBSCRIBE:
        return None if not rest else (UNSUBSCRIBE,)
    if root not in ROOTS:
        return near(root, [f"{each}.…" if each != UNSUBSCRIBE else each for each in ROOTS])
    known = {TAGS: list(tags), CUSTOMER: list(OF_CUSTOMER), LINKS: list(links)}.get(root)
    if len(rest) == 1 and (known is None or rest[0] in known):
        return None
    return tuple(f"{root}.{name}" for name in near(rest[0] if rest else "", known or ["order"]))
