"""JSON comes as texts in dotted columns; what is no object is told with its line."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid
from quanyu.plugins.sources.jsonlines import SOURCE


def written(folder: Path, content: str | bytes, name: str = "events.jsonl") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def rows_of(found: Any) -> list[dict[str, str | None]]:
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_nested_objects_become_dotted_columns(read, tmp_path: Path):
    lines = [
        {"type": "track", "context": {"traits": {"phone": 13800138000, "name": "张小明"}}, "items": [{"sku": "x"}, 1]},
        {"type": "page", "context": {"ip": "1.2.3.4"}, "extra": {}},
    ]
    found = read(SOURCE, written(tmp_path, "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)))
    assert rows_of(found) == [
        {
            "type": "track",
            "context.traits.phone": "13800138000",
            "context.traits.name": "张小明",
            "context.ip": None,
            "items": '[{"sku":"x"},1]',
            "context": '{"traits":{"phone":13800138000,"name":"张小明"}}',
        },
        {
            "type": "page",
            "context.traits.phone": None,
            "context.traits.name": None,
            "context.ip": "1.2.3.4",
            "items": None,
            "context": '{"ip":"1.2.3.4"}',
        },
    ]


def test_values_become_texts_exactly(read, tmp_path: Path):
    line = (
        '{"big":123456789012345678901234567890,"id":13800138000,"minus":-7,"price":2.55,"yes":true,"no":false,'
        '"none":null,"text":"a\\n\\u4e2d \\"b\\"","empty":"","zeros":"007"}\n'
    )
    assert rows_of(read(SOURCE, written(tmp_path, line))) == [
        {
            "big": "123456789012345678901234567890",
            "id": "13800138000",
            "minus": "-7",
            "price": "2.55",
            "yes": "true",
            "no": "false",
            "none": None,
            "text": 'a\n中 "b"',
            "empty": "",
            "zeros": "007",
        }
    ]


def test_lines_that_are_no_objects_are_kept_apart(read, tmp_path: Path):
    file = written(
        tmp_path,
        b'{"a":1}\nnot json\n{"a":2}\n[1,2]\n7\n{"a":3}{"a":4}\n\n{"a":\n{"a":"\xff"}\n{"a":5}\n{"a":"\x1f"}\nx',
    )
    found = read(SOURCE, file)
    assert found.rows == [("1",), ("2",), ("5",)]
    assert [(b.line, b.reason, b.file) for b in found.broken] == [
        (2, "not JSON", str(file)),
        (4, "not a JSON object", str(file)),
        (5, "not a JSON object", str(file)),
        (6, "not JSON", str(file)),
        (8, "not JSON", str(file)),
        (9, "invalid encoding", str(file)),
        (11, "not JSON", str(file)),
        (12, "not JSON", str(file)),
    ]


def test_lines_are_counted_where_some_are_empty(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, '{"a":1}\n\n\n{"a":2}\nx\n{"a":3}\n'))
    assert (found.rows, found.lines) == ([("1",), ("2",), ("3",)], [1, 4, 6])
    assert [b.line for b in found.broken] == [5]


@pytest.mark.parametrize(
    "content",
    [
        '[{"a":1},{"a":{"b":2}}]',
        '[\n  {"a": 1},\n  {\n    "a": {"b": 2}\n  }\n]\n',
        '{"a":1}\n{"a":{"b":2}}',
        '{"a":1}\r\n{"a":{"b":2}}\r\n',
        '{"a":1}\r{"a":{"b":2}}\r',
        '{\n "a": 1\n}\n{\n "a": {"b": 2}\n}\n',
        '\ufeff{"a":1}\n{"a":{"b":2}}\n',
    ],
)
def test_arrays_and_lines_are_read(read, tmp_path: Path, content: str):
    found = read(SOURCE, written(tmp_path, content, "a.json"))
    assert [(row["a"], row["a.b"]) for row in rows_of(found)] == [("1", None), ('{"b":2}', "2")]
    assert found.broken == []


def test_mixed_line_ends_are_read(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, '{"a":1}\r\n{"a":2}\n{"a":3}\r\nx\n{"a":4}'))
    assert (found.rows, [b.line for b in found.broken]) == ([("1",), ("2",), ("3",), ("4",)], [4])


@pytest.mark.parametrize("size", [10_000_000, 100_000_000])
def test_a_line_of_10_or_100_mb_is_kept_apart(read, tmp_path: Path, size: int):
    found = read(SOURCE, written(tmp_path, '{"a":1}\n{"a":"' + "x" * size + '"}\n{"a":2}\nx\n'))
    assert found.rows == [("1",), ("2",)]
    assert [(b.line, b.reason, len(b.text) < 100_000) for b in found.broken] == [
        (2, "line size over maximum", True),
        (4, "not JSON", True),
    ]


def test_elements_that_are_no_objects_are_kept_apart(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, '[{"a":1},7,{"a":2},"x",[{"a":3}]]', "a.json"))
    assert found.rows == [("1",), ("2",)]
    assert [(b.line, b.reason) for b in found.broken] == [(i, "not a JSON object") for i in (2, 4, 5)]


def test_files_are_united_by_their_keys(read, tmp_path: Path):
    one, two = written(tmp_path, '{"a":1}\n', "1.jsonl"), written(tmp_path, '[{"b":2,"a":3}]', "2.json")
    three = written(tmp_path, '{"c":4}\nx\n', "订 单 [1]%25*.ndjson")
    found = read(SOURCE, one, two, three)
    assert found.rows == [("1", None, None), ("3", "2", None), (None, None, "4")]
    assert found.files == [str(one), str(two), str(three)]
    assert [(b.file, b.line) for b in found.broken] == [(str(three), 2)]


def test_keys_of_any_form_are_kept(read, tmp_path: Path):
    keys = {"x.y": 1, "x": {"y": 2}, 'a"b': 3, "a'b": 4, "a/b~c": 5, "": 6, "$": 7, "_file": 8, "A": 9, "a": 10}
    found = read(SOURCE, written(tmp_path, json.dumps(keys)))
    assert sorted(int(value) for value in found.rows[0][:-1]) == list(range(1, 11))
    assert (found.columns[-1], found.rows[0][-1]) == ("x", '{"y":2}')
    assert {"x.y", "x.y_1", 'a"b', "a/b~c", "_file_1"} <= set(found.columns)


def test_a_key_that_only_the_last_line_has_is_found(read, tmp_path: Path):
    found = read(SOURCE, written(tmp_path, '{"a":{"b":1}}\n' * 50_000 + '{"a":{"c":2},"d":3}\n'))
    assert (found.columns, found.rows[-1]) == (("a.b", "a.c", "d", "a"), (None, "2", "3", '{"c":2}'))


def test_an_object_of_very_many_keys_stays_one_column(read, tmp_path: Path):
    line = json.dumps({"by_id": {str(i): i for i in range(2_000)}, "a": 1})
    found = read(SOURCE, written(tmp_path, line))
    assert found.columns == ("a", "by_id")
    assert json.loads(found.rows[0][1])["77"] == 77


def test_keys_that_grow_line_by_line_stay_one_column(read, tmp_path: Path):
    lines = (json.dumps({"by_id": {str(i // 20): i}, "a": 1, "e": {}}) for i in range(12_000))
    found = read(SOURCE, written(tmp_path, "\n".join(lines)))
    assert (found.columns, found.rows[-1]) == (("a", "by_id"), ("1", '{"599":11999}'))


def test_a_value_that_is_an_object_only_later_is_looked_into(read, tmp_path: Path):
    lines = ['{"a":null,"b":1,"c":{"d":1}}'] * 6_000 + ['{"a":{"x":1},"b":{"y":2},"c":3}']
    found = read(SOURCE, written(tmp_path, "\n".join(lines)))
    assert rows_of(found)[-1] == {"a.x": "1", "b": '{"y":2}', "b.y": "2", "c": "3", "c.d": None, "a": '{"x":1}'}


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_only_empty_files_are_refused(read, tmp_path: Path, content: str):
    with pytest.raises(Invalid, match="empty"):
        read(SOURCE, written(tmp_path, content))
    full = written(tmp_path, '{"a":1}', "full.json")
    assert read(SOURCE, tmp_path / "events.jsonl", full).rows == [("1",)]


@pytest.mark.parametrize("content", ["hello", "[1, 2]", "[{]", '[{"a":1},', "7\n8\n", b"\xff\xfe\x00", "{}\n{}"])
def test_what_holds_no_object_is_refused(read, tmp_path: Path, content: str | bytes):
    with pytest.raises(Invalid, match="JSON") as caught:
        read(SOURCE, written(tmp_path, content))
    assert "events.jsonl" in str(caught.value.received)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(['{"a":1}', '{"b":{"c":"x"}}', "x", "{", "", "[1]", "\x00", '{"a":"é"}', " "]), max_size=12
    )
)
def test_every_line_is_a_row_or_broken(read, tmp_path: Path, lines: list[str]):
    lines = ['{"a":0}', *lines]
    found = read(SOURCE, written(tmp_path, "\n".join(lines) + "\n"))
    good = [line for line in lines if line.startswith('{"')]
    filled = [number for number, line in enumerate(lines, 1) if line]
    assert len(found.rows) == len(good)
    assert [b.line for b in found.broken] == [number for number in filled if lines[number - 1] not in good]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([b"", b'{"a":1}\n', b'[{"a":1},']))
def test_no_bytes_end_in_anything_but_rows_or_an_error_of_ours(read, tmp_path: Path, dirt: bytes, begin: bytes):
    count = 0
    with suppress(Invalid):
        count = len(read(SOURCE, written(tmp_path, begin + dirt)).rows)
    assert count <= 20
