"""A journey as nodes and edges, as a canvas draws and edits it, and back to the definition: nothing is lost on the way.

A node is a step, the trigger, or the end; its `data` are what the definition says of it but for where it leads, which
the edges say, each under the key that names the way out: next, then, otherwise, unsent, `cases.0`, `shares.0`.
`position` counts columns and rows from the trigger; a canvas may move it.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from quanyu.engagement.journeys.definitions import parse
from quanyu.engagement.journeys.model import END, Act, Branch, Journey, Post, Send, Split, Step, WaitUntil
from quanyu.engagement.journeys.steps.kinds import kind_of
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable

START = "start"
_OUTSIDE = ("start", "steps")
_WAYS = ("next", "then", "otherwise", "unsent", "failed")


def to_canvas(text: str, askables: Catalogue[Askable], currency: str) -> dict[str, Any]:
    """Return the canvas of a definition; raises `Invalid` where it cannot be used."""
    document = read(text)
    journey = parse(document, askables, currency, text)
    given = cast("dict[str, Any]", document.value)
    bodies = {each["step"]: each for each in given["steps"]}
    places = _places(journey)
    nodes = [{"id": START, "type": START, "data": given["start"], "position": {"x": 0, "y": 0}}]
    for name, step in journey.steps.items():
        word = kind_of(step).word
        nodes.append({"id": name, "type": word, "data": _bare(word, bodies[name][word]), "position": places[name]})
    nodes.append({"id": END, "type": END, "data": {}, "position": places[END]})
    edges = [_edge(START, "next", journey.first)]
    edges += [_edge(name, key, to) for name, step in journey.steps.items() for key, to in _ways(step)]
    told = {key: value for key, value in given.items() if key not in _OUTSIDE}
    return {"journey": _plain(told), "nodes": _plain(nodes), "edges": edges}


def _plain(value: Any) -> Any:
    """Return numbers as JSON has them: a decimal would be told as a text, and a text is no share."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in cast("Mapping[str, Any]", value).items()}
    return [_plain(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def to_definition(canvas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition that a canvas draws, ready to be written and applied; raises `Invalid` with its faults."""
    nodes = {str(node.get("id")): node for node in canvas.get("nodes", ())}
    ways: dict[str, dict[str, str]] = {}
    faults: list[Fault] = []
    for place, edge in enumerate(canvas.get("edges", ())):
        source, target = str(edge.get("source")), str(edge.get("target"))
        for end in (source, target):
            if end not in nodes:
                problem = Text("An edge hangs in the air.", "连线没有接到节点。")
                faults.append(Fault(f"edges[{place}]", problem, end[:60], tuple(nodes)[:30]))
        ways.setdefault(source, {})[str(edge.get("key", "next"))] = target
    first = ways.get(START, {}).get("next")
    if START not in nodes or first is None:
        faults.append(Fault("nodes", Text("Nothing leads in.", "没有入口。"), None, ("a node `start` with an edge",)))
    if faults:
        raise Invalid(Text("The canvas cannot be read.", "无法读取该画布。"), faults=faults)
    names = [name for name in nodes if name not in (START, END)]
    ordered = sorted(names, key=lambda name: name != first)  # the first step of a definition is where people enter
    steps = [{"step": name, nodes[name]["type"]: _whole(nodes[name], ways.get(name, {}))} for name in ordered]
    return {**canvas.get("journey", {}), "start": nodes[START]["data"], "steps": steps}


def _ways(step: Step) -> Iterator[tuple[str, str]]:
    match step:
        case WaitUntil():
            yield from (("then", step.then), ("otherwise", step.otherwise))
        case Branch():
            yield from ((f"cases.{place}", to) for place, (_, to) in enumerate(step.cases))
            yield "otherwise", step.otherwise
        case Split():
            yield from ((f"shares.{place}", to) for place, (_, to) in enumerate(step.parts))
        case Send():
            yield from (("next", step.next), ("unsent", step.unsent))
        case Post():
            yield from (("next", step.next), *([("failed", step.failed)] if step.failed is not None else []))
        case Act():
            yield from (("next", step.next), ("otherwise", step.otherwise))
        case _:
            if kind_of(step).word != "exit":
                yield from (("next", to) for to in kind_of(step).leads_to(step))


def _edge(source: str, key: str, target: str) -> dict[str, str]:
    return {"id": f"{source}:{key}:{target}", "source": source, "key": key, "target": target}


def _bare(word: str, body: Any) -> Any:
    """Return what a definition says of a step but for where it leads."""
    if word == "split":
        within = {"within": body["within"]} if isinstance(body.get("within"), str) else {}
        return {"shares": [share for share in body.values() if not isinstance(share, str)], **within}
    told = {key: value for key, value in body.items() if key not in _WAYS}
    if word == "branch" and "if" in told:
        return {"cases": [{"when": told["if"]}]}
    if "cases" in told:
        told["cases"] = [{"when": case["when"]} for case in told["cases"]]
    return told


def _whole(node: Mapping[str, Any], ways: Mapping[str, str]) -> dict[str, Any]:
    told = dict(node.get("data") or {})
    if node["type"] == "split":
        shares = enumerate(told.get("shares", []))
        within = {"within": told["within"]} if "within" in told else {}
        return {**{ways.get(f"shares.{place}", END): share for place, share in shares}, **within}
    if node["type"] == "branch":
        cases = told.get("cases", [])
        told["cases"] = [{**case, "then": ways.get(f"cases.{place}", END)} for place, case in enumerate(cases)]
    return {**told, **{key: to for key, to in ways.items() if key in _WAYS}}


def _places(journey: Journey) -> dict[str, dict[str, int]]:
    """Return columns by the fewest steps from the trigger, and rows within a column."""
    column, waiting = {journey.first: 1}, [journey.first]
    while waiting:
        name = waiting.pop(0)
        for to in kind_of(journey.steps[name]).leads_to(journey.steps[name]):
            if to != END and to not in column:
                column[to] = column[name] + 1
                waiting.append(to)
    last = max(column.values()) + 1
    column |= {name: last for name in journey.steps if name not in column} | {END: last + 1}
    rows: dict[int, int] = {}
    places: dict[str, dict[str, int]] = {}
    for name in (*journey.steps, END):
        places[name] = {"x": column[name], "y": rows.get(column[name], 0)}
        rows[column[name]] = places[name]["y"] + 1
    return places
