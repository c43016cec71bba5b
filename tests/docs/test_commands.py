"""What the documentation promises holds: its commands run, its files are there, both languages say the same."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NOT_OURS = {".venv", ".cache", ".git", "node_modules", "quanyu-home", "demo-home", "demo-company"}
PAGES = sorted(path for path in ROOT.rglob("*.md") if not NOT_OURS & set(path.relative_to(ROOT).parts))
RUN_BY = ("README*.md", "examples/*/README.md", "docs/guides/*.md", "docs/tutorials/*.md")
DOCUMENTS = sorted({path for pattern in RUN_BY for path in ROOT.glob(pattern)})

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"# ([\w.-]+\.ya?ml)\n")
STAYS = re.compile(r"^(make|quanyu serve|quanyu worker)\b|# not run\b")
"""Lines that would build, or never end, or need what a test has not: they are checked to exist."""


@dataclass(frozen=True)
class Document:
    """A page with the commands in it, and the files that it shows whole."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def blocks(self, language: str) -> list[str]:
        return [found[2] for found in FENCE.finditer(self.path.read_text("utf-8")) if found[1] == language]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Return each script with what the page shows below it of its answer, nothing where it shows none."""
        fences = [*FENCE.findall(self.path.read_text("utf-8")), ("", "")]
        return [
            (block.replace("\\\n", " "), after if shown == "text" else "")
            for (language, block), (shown, after) in pairwise(fences)
            if language == "sh"
        ]

    @property
    def scripts(self) -> list[str]:
        return [script for script, _ in self.steps]

    @property
    def files(self) -> dict[str, str]:
        """A block of YAML that begins with a file's name is that file."""
        return {named[1]: block for block in self.blocks("yaml") if (named := NAMED.match(block))}

    def lines(self) -> Iterator[str]:
        for script in self.scripts:
            yield from (line for line in script.splitlines() if line.strip())

    def commands(self) -> list[str]:
        """Return the lines without the remarks in this or that language."""
        bare = (re.sub(r"(^|\s+)# .*", "", line).strip() for line in self.lines())
        return [line for line in bare if line]


WITH_COMMANDS = [document for document in map(Document, DOCUMENTS) if document.scripts]
TRANSLATED = [
    (Document(path), Document(path.with_name(f"{path.stem}.zh.md")))
    for path in PAGES
    if path.with_name(f"{path.stem}.zh.md").is_file()
]


@pytest.fixture
def environment(database_url: str, commands: Path) -> dict[str, str]:
    """As a person's shell after `. .venv/bin/activate`."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(commands), str(BIN), os.environ["PATH"]]),
        "QUANYU_MEMORY_MB": "1024",
        "QUANYU_DATABASE_URL": database_url,
    }


def prepare(document: Document, folder: Path) -> Path:
    """Put the examples and the document's own files in place; return the folder that its reader stands in."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    stands = (
        folder / document.path.parent.relative_to(ROOT) if document.path.parent.parent.name == "examples" else folder
    )
    if document.path.parent == ROOT:
        export_order_lines(stands)
    for name, text in document.files.items():
        (stands / name).write_text(text, encoding="utf-8")
    return stands


def export_order_lines(folder: Path) -> None:
    """Do what the README asks its reader to do: order lines as CSV and a mapping, in the home's currency."""
    example = ROOT / "examples" / "gift_retailer"
    shutil.copy(example / "orders.csv", folder)
    mapping = (example / "mapping.yaml").read_text("utf-8")
    (folder / "mapping.yaml").write_text(re.sub(r"(?m)^(time_zone|currency):.*\n", "", mapping), encoding="utf-8")


# A translation has the same commands: the tutorial, which people follow word by word, is run for its answers, too.
TOLD = [chinese for _, chinese in TRANSLATED if chinese.path.parent.name == "tutorials"]
RUN = [document for document in WITH_COMMANDS if ".zh." not in document.name]
OFTEN = ("README.md", "import-your-files.md", "rejects.md")
"""What is run by `make test`; the other pages are run by `make test-scale`."""
DAILY = [document for document in RUN if document.path.name in OFTEN and document.path.parent.parent.name != "examples"]
LATER = [pytest.param(document, marks=pytest.mark.scale) for document in (*RUN, *TOLD) if document not in DAILY]


@pytest.mark.long
@pytest.mark.parametrize("document", [*DAILY, *LATER], ids=lambda d: d.name)
def test_its_commands_run(document: Document, environment: dict[str, str], tmp_path: Path):
    folder = prepare(document, tmp_path)
    environment["QUANYU_LANGUAGE"] = "zh" if ".zh." in document.name else "en"
    if any("quanyu restore" in line for line in document.lines()):
        del environment["QUANYU_DATABASE_URL"]  # a second home needs a database of its own
    for script, shown in document.steps:
        runs = "\n".join(line for line in script.splitlines() if not STAYS.search(line))
        command = ["sh", "-eu", "-c", runs]
        ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)
        assert ran.returncode == 0, f"{runs}\n{ran.stdout}\n{ran.stderr}"
        assert "Traceback" not in ran.stderr
        said = bare(ran.stdout)
        assert [line for line in shown.splitlines() if bare(line.replace("…", "")) not in said] == [], ran.stdout


def bare(written: str) -> str:
    """Return the words of a table without its lines."""
    return " ".join(re.sub(r"[│┃]", " ", written).split())


@pytest.mark.parametrize("document", WITH_COMMANDS, ids=lambda d: d.name)
def test_what_is_not_run_exists(document: Document, environment: dict[str, str]):
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in filter(STAYS.search, document.lines()):
        called = re.search(r"\b(make|quanyu)\s+([\w./-]+)(?:\s+([a-z]+)\b)?", line)
        assert called, line
        if called[1] == "make":
            assert called[2] in targets, line
        else:
            known = subprocess.run([BIN / "quanyu", "--help"], env=environment, capture_output=True, text=True).stdout
            assert re.search(rf"^ +{called[2]} ", known, re.MULTILINE), line


@pytest.mark.parametrize(("english", "chinese"), TRANSLATED, ids=lambda d: d.name)
def test_both_languages_have_the_same_commands(english: Document, chinese: Document):
    assert chinese.commands() == english.commands()
    assert chinese.files == english.files


def test_pages_for_users_come_in_both_languages():
    pages = [page for page in PAGES if page.parent.parent == ROOT / "docs" and page.parent.name != "decisions"]
    english = {page for page in pages if not page.name.endswith(".zh.md")}
    assert english
    assert {page.with_name(f"{page.stem}.zh.md") for page in english} == set(pages) - english


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path):
    targets = [target.partition("#")[0] for target in LINK.findall(FENCE.sub("", page.read_text("utf-8")))]
    inside = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    missing = [target for target in inside if not (page.parent / target).exists()]
    assert missing == []
