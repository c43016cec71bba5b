"""The console's house rules: features do not know each other, and everything that is read is said in two languages."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "console" / "src"
FILES = sorted(file for file in SOURCE.rglob("*.ts*") if file.name != "schema.d.ts")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACES = {
    "app": {"api", "app", "features", "lib", "ui"},
    "ui": {"api", "lib", "ui"},
    "lib": {"api", "lib"},
    "api": {"api"},
}


def imported(file: Path) -> list[str]:
    return re.findall(r'(?:from|import)\s*\(?\s*"@/([^"]+)"', file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_every_file_imports_what_is_below_it_only(file: Path):
    place, *rest = file.relative_to(SOURCE).parts
    if place == "main.tsx":
        return
    for name in imported(file):
        below, *inner = name.split("/")
        if place == "features":
            assert below != "app", f"{file.name} imports {name}"
            assert below != "features" or inner[0] == rest[0], f"{file.name} imports another feature: {name}"
        else:
            assert below in PLACES[place], f"{file.name} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_chinese_stands_beside_english(file: Path):
    """A text in Chinese alone would be shown to who reads English, too."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        bare = re.sub(r"//.*|/\*.*", "", line)
        if CHINESE.search(bare) and not re.search(r'say\(|zh[:=]|zh \?|"Quanyu 全域|中文|全域', bare):
            before = "\n".join(file.read_text(encoding="utf-8").splitlines()[max(0, number - 6) : number])
            assert re.search(r"say\(|zh:|en:|zh \?", before), f"{file.name}:{number} {line.strip()}"


def test_no_file_grows_beyond_a_screenful_of_screens():
    assert not [file.name for file in FILES if len(file.read_text(encoding="utf-8").splitlines()) > 500]
