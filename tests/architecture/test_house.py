"""The house rules that import-linter cannot say: sizes, names, privacy of modules, time, output, tests."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "quanyu"
TESTS = ROOT / "tests"
MODULES = {path: ast.parse(path.read_text()) for path in sorted(SOURCE.rglob("*.py"))}
TEST_MODULES = {path: ast.parse(path.read_text()) for path in sorted(TESTS.rglob("*.py"))}

STOREYS = ("customers", "commerce", "targeting", "engagement", "insight")
ROLE_NAMES = set(
    "service services util utils helper helpers manager managers common misc base core handler handlers".split()  # noqa: SIM905
)
FIXED_NAMES = {
    "room": "rooms manifest",
    "model": "models entities dataclasses",
    "tables": "table schema schemas orm ddl",
    "measures": "measure expressions",
    "routes": "route router routers api endpoints",
    "jobs": "job workers",
}
NOT_MIRRORED = {"architecture", "console", "docs", "plugins", "stories"}  # suites over many modules
OVER_ALL = {  # and tests of every mapping beside the queries, and of every tag of a pack
    "simulator/sources/test_landing.py",
    "simulator/sources/test_mappings.py",
    "targeting/tags/test_retail_cases.py",
    "targeting/tags/test_retail_pack.py",
}

CLOCK = SOURCE / "foundation" / "clock.py"
# The queue's own schema, taken as it is; what it stamps says nothing about customers.
FOREIGN_SQL = "procrastinate_*.sql"
CLOCKS = {
    "now": {"datetime", "Timestamp", "func", "ibis"},
    "utcnow": {"datetime"},
    "today": {"date", "datetime", "Timestamp", "ibis"},
    **dict.fromkeys(("time", "time_ns", "localtime", "gmtime", "ctime", "asctime"), frozenset({"time"})),
    **dict.fromkeys(("current_timestamp", "current_date", "current_time", "localtimestamp"), frozenset({"func"})),
}
SQL_CLOCK = re.compile(
    r"\b(current_(date|time|timestamp)|localtimestamp|(statement|transaction|clock)_timestamp\s*\(|now\s*\(\s*\)"
    r"|today\s*\(\s*\)|get_current_\w+\s*\()",
    re.IGNORECASE,
)
Finding = tuple[int, str]


def room(path: Path) -> tuple[str, ...]:
    """Return (storey, room) of a module; a module at the top of a storey is a room of its own."""
    return path.relative_to(SOURCE).with_suffix("").parts[:2]


def imported(node: ast.AST) -> list[str]:
    """Return what of ours a statement imports, by full name."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "quanyu":
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names if alias.name.split(".")[0] == "quanyu"]
    return []


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def called(node: ast.AST) -> str:
    """Return the last name of what a call calls, empty where the node is no call of a name."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def long_functions(tree: ast.AST) -> Iterator[Finding]:
    for function in functions(tree):
        if (function.end_lineno or 0) - function.lineno >= 60:
            yield function.lineno, function.name


def clocks(tree: ast.AST) -> Iterator[Finding]:
    """Find what reads the system's time, in Python or inside a text of SQL."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if owner in CLOCKS[node.attr]:
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in CLOCKS)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield from ((node.lineno, found.group()) for found in SQL_CLOCK.finditer(node.value))


def hidden_imports(tree: ast.AST) -> Iterator[Finding]:
    for function in functions(tree):
        for node in ast.walk(function):
            yield from ((node.lineno, name) for name in imported(node))  # type: ignore[attr-defined]


def prints(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "breakpoint"}:
            yield node.lineno, node.func.id


def unfinished(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.dump(node):
            yield node.lineno, "NotImplementedError"


def swallowed(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
            if broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body):
                yield node.lineno, "except: pass"


def silent_tests(tree: ast.AST) -> Iterator[Finding]:
    for function in functions(tree):
        if function.name.startswith("test_") and not any(map(asserts, ast.walk(function))):
            yield function.lineno, function.name


def asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.Assert) or called(node).startswith(("raises", "warns", "fail", "assert", "check"))


def mocks(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        module = getattr(node, "module", None) or ""
        if "mock" in module.split(".") or any("mock" in name.lower() for name in names):
            yield node.lineno, module  # type: ignore[attr-defined]


def found(rule: Callable[[ast.AST], Iterator[Finding]], modules: dict[Path, ast.Module]) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{line} {what}" for path, tree in modules.items() for line, what in rule(tree)]


def test_no_module_is_over_400_lines():
    assert not [f"{path}" for path in MODULES if path.read_text().count("\n") > 400]


@pytest.mark.parametrize("rule", [long_functions, hidden_imports, prints, unfinished, swallowed])
def test_modules_keep_the_rule(rule):
    assert not found(rule, MODULES)


def test_only_the_clock_reads_the_time():
    assert list(clocks(MODULES[CLOCK]))
    assert not found(clocks, {path: tree for path, tree in MODULES.items() if path != CLOCK})


def test_no_query_reads_the_time():
    texts = [path for path in SOURCE.rglob("*.sql") if not path.match(FOREIGN_SQL)]
    assert not [path for path in texts if SQL_CLOCK.search(path.read_text())]


def test_no_work_is_left_in_comments():
    left = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
    assert not [f"{path}" for path in MODULES if left.search(path.read_text())]


def test_modules_and_folders_are_named_by_topic():
    names = {part for path in MODULES for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert not {name for name in names if name.strip("_") in ROLE_NAMES}


def test_every_module_opens_with_a_sentence():
    openings = {path: (ast.get_docstring(tree) or "").partition("\n\n")[0] for path, tree in MODULES.items()}
    assert not [f"{path}" for path, opening in openings.items() if not opening.rstrip().endswith((".", "。"))]


def test_private_modules_stay_in_their_room():
    leaks = [
        f"{path} -> {name}"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        for name in imported(node)
        if is_private(name) and tuple(name.split(".")[1:3]) != room(path)
    ]
    assert not leaks


def is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


def test_rooms_use_the_fixed_names():
    fixed = {wrong: right for right, wrongs in FIXED_NAMES.items() for wrong in wrongs.split()}
    inside = [path for path in MODULES if room(path)[0] in STOREYS]
    assert not [f"{path}: {fixed[path.stem]}.py" for path in inside if path.stem in fixed]
    queries = [path for path in SOURCE.rglob("*.sql") if room(path)[0] in STOREYS]
    assert not [f"{path}" for path in queries if path.parent.name != "sql"]


def test_every_room_has_a_manifest_and_something_in_it():
    folders = [path.parent for path in MODULES if path.name == "__init__.py" and len(room(path)) == 2]
    rooms = [folder for folder in folders if folder.parent.name in STOREYS and folder.parent.parent == SOURCE]
    assert rooms
    assert not [f"{folder}" for folder in rooms if not (folder / "room.py").exists()]
    assert not [f"{folder}" for folder in rooms if len(list(folder.rglob("*.py"))) < 3]


def test_tables_are_declared_in_tables():
    declaring = {"workspace_table", "LakeTable", "Table"}
    allowed = {SOURCE / "foundation" / "database" / "schema.py"}
    found_in = {path for path, tree in MODULES.items() if any(called(node) in declaring for node in ast.walk(tree))}
    migrations = {path for path in found_in if room(path)[0] == "migrations"}
    assert not [f"{path}" for path in found_in - allowed - migrations if path.stem != "tables"]


def test_every_test_mirrors_a_module():
    lost = []
    for path in TEST_MODULES:
        place = path.relative_to(TESTS)
        if place.name.startswith("test_") and place.parts[0] not in NOT_MIRRORED:
            topic = place.stem.removeprefix("test_")
            folder = SOURCE / place.parent
            candidates = (folder / f"{topic}.py", folder / f"_{topic}.py", folder / topic / "__init__.py")
            mirrored = any(candidate.exists() for candidate in candidates) or bool(list(folder.glob(f"{topic}/*.sql")))
            lost += [] if mirrored or f"{place}" in OVER_ALL else [f"{place}"]
    assert not lost


@pytest.mark.parametrize("rule", [silent_tests, mocks])
def test_tests_keep_the_rule(rule):
    assert not found(rule, TEST_MODULES)


BROKEN = [
    (clocks, "datetime.now(UTC)"),
    (clocks, "datetime.datetime.utcnow()"),
    (clocks, "dt.date.today()"),
    (clocks, "pd.Timestamp.now()"),
    (clocks, "sa.func.now()"),
    (clocks, "time.time()"),
    (clocks, "from time import time"),
    (clocks, "x = datetime.now"),
    (clocks, "run('select * from t where at < CURRENT_TIMESTAMP')"),
    (clocks, "run(f'select now() from {t}')"),
    (hidden_imports, "def f():\n    from quanyu.foundation import errors"),
    (hidden_imports, "def f():\n    import quanyu.app"),
    (prints, "print(1)"),
    (unfinished, "raise NotImplementedError('later')"),
    (swallowed, "try:\n    f()\nexcept Exception:\n    pass"),
    (long_functions, "def f():\n" + "    x = 1\n" * 60),
    (silent_tests, "def test_f():\n    f()"),
    (mocks, "from unittest.mock import patch"),
]
SOUND = [
    (clocks, "workspace.clock.now()"),
    (clocks, "def f():\n    '''Never now() or CURRENT_DATE.'''"),
    (clocks, "run('select known from t')"),
    (hidden_imports, "from quanyu.foundation import errors\ndef f():\n    import json"),
    (prints, "console.print(1)"),
    (swallowed, "try:\n    f()\nexcept KeyError:\n    pass"),
    (long_functions, "def f():\n" + "    x = 1\n" * 59),
    (silent_tests, "def test_f():\n    with pytest.raises(ValueError):\n        f()"),
    (mocks, "import json"),
]


@pytest.mark.parametrize(("rule", "text"), BROKEN)
def test_a_broken_rule_is_found(rule, text):
    assert list(rule(ast.parse(text)))


@pytest.mark.parametrize(("rule", "text"), SOUND)
def test_sound_code_is_left_alone(rule, text):
    assert not list(rule(ast.parse(text)))
