"""Draws a record graph: records on the left, what they have in common on the right, a line for who has what."""

from html import escape

from quanyu.customers.identity.graph import Graph, Holder, Node, Shared
from quanyu.customers.identity.resolving import REASON_TITLES
from quanyu.foundation.text import Text

MOST = 60
"""Records and values that are drawn at most: more is no picture."""
_ROW, _TOP, _LEFT, _RIGHT, _BOX, _WIDTH = 44, 76, 24, 560, 250, 900
_STYLE = """
text { font-family: 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'DejaVu Sans', Arial,
  sans-serif; font-size: 12px; fill: #26303d }
text.title { font-size: 18px; font-weight: 700 } text.pale { fill: #68717f; font-size: 11px }
rect { fill: #f4f6f9; stroke: #cdd4de } rect.value { fill: #eef6f1; stroke: #b6d5c4 } rect.nobody { fill: #ffffff }
path { fill: none; stroke: #5b84b1; stroke-width: 1.6 } path.refused { stroke: #b4662f; stroke-dasharray: 4 4 }
"""


def draw(graph: Graph) -> str:
    """Return an SVG in the reader's language."""
    nodes, values = graph.nodes[:MOST], graph.values[:MOST]
    height = _TOP + _ROW * max(len(nodes), len(values), 1) + 24
    lines = [
        _line(holder, at) for at, value in enumerate(values) for holder in value.holders if holder.node < len(nodes)
    ]
    title = Text(
        f"{len(graph.nodes):,} records of one customer, confidence {graph.confidence:.2f}",
        f"同一位客户的 {len(graph.nodes):,} 条记录，置信度 {graph.confidence:.2f}",
    )
    beneath = Text(
        "Solid lines join; dashed ones do not, and say why. Values are never shown.",
        "实线为合并依据；虚线为未合并，并注明原因。不显示标识的值。",
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"><style>{_STYLE}</style>',
        f'<rect width="{_WIDTH}" height="{height}" style="fill:#fff;stroke:none"/>',
        _words(_LEFT, 32, str(title), "title"),
        _words(_LEFT, 54, str(beneath), "pale"),
        *lines,
        *(_node(node, at) for at, node in enumerate(nodes)),
        *(_value(value, at) for at, value in enumerate(values)),
        "</svg>",
    ]
    return "\n".join(parts)


def _middle(at: int) -> float:
    return _TOP + _ROW * at + _ROW / 2 - 4


def _line(holder: Holder, at: int) -> str:
    start, end = _middle(holder.node), _middle(at)
    x, half = _LEFT + _BOX, (_LEFT + _BOX + _RIGHT) / 2
    way = f'd="M{x} {start:.0f} C{half} {start:.0f} {half} {end:.0f} {_RIGHT} {end:.0f}"'
    if not holder.reason:
        sure = f"<title>{holder.confidence:.3f}</title>"
        return f'<path {way} style="opacity:{max(0.25, 10 * holder.confidence - 9):.2f}">{sure}</path>'
    why = escape(str(REASON_TITLES[holder.reason]))
    return f'<path class="refused" {way}><title>{why}</title></path>'


def _node(node: Node, at: int) -> str:
    since = f"{node.since:%Y-%m-%d}" if node.since else ""
    kind = "nobody" if node.follows else "record"
    return _box(_LEFT, at, kind, f"{node.source}#{node.record}", since)


def _value(value: Shared, at: int) -> str:
    refused = {holder.reason for holder in value.holders} - {""}
    told = Text(f"rank {value.rank}, {value.touches:,} records", f"等级 {value.rank}，{value.touches:,} 条记录")
    why = "".join(f" · {REASON_TITLES[reason]}" for reason in sorted(refused))
    return _box(_RIGHT, at, "value", f"{value.type} · {value.scope}", f"{told}{why}")


def _box(x: float, at: int, kind: str, words: str, pale: str) -> str:
    y, width = _middle(at) - 18, _BOX if x == _LEFT else _WIDTH - _RIGHT - 24
    return (
        f'<rect class="{kind}" x="{x}" y="{y:.0f}" width="{width}" height="36" rx="6"/>'
        f"{_words(x + 10, y + 15, words)}{_words(x + 10, y + 29, pale, 'pale')}"
    )


def _words(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x}" y="{y:.0f}">{escape(words)}</text>'
