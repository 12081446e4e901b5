"""The documentation is complete, and what it names exists (`make docs`)."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from minshu.errors import MinshuError
from minshu.http.problems import REFUSALS, known_problems
from minshu.settings import Settings

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


@pytest.fixture(scope="session")
def pages(project_files: list[Path]) -> list[Path]:
    """Every Markdown page of the repository."""
    return [path for path in project_files if path.suffix == ".md"]


def family(error: type[MinshuError]) -> Iterator[type[MinshuError]]:
    """The error and all that descend from it."""
    yield error
    for child in error.__subclasses__():
        if child.__module__.startswith("minshu.errors"):
            yield from family(child)


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The fragments that the page's headings answer to, made as GitHub makes them."""
    titles = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def codes_in(page: Path) -> list[tuple[str, str]]:
    """The first two columns of every table of docs/errors.md: the code, and its status over HTTP."""
    return re.findall(r"^\| `([a-z-]+)` \| (\S+) \|", page.read_text(encoding="utf-8"), re.MULTILINE)


def broken_links(page: Path) -> Iterator[str]:
    """The links of one page to files or headings that are not there."""
    for target in (inline or reference for inline, reference in LINK.findall(prose(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (fragment and there.suffix == ".md" and fragment not in anchors(there)):
            yield f"{page.name}: {target}"


def test_every_link_of_every_page_leads_somewhere(pages: list[Path]) -> None:
    assert [link for page in pages for link in broken_links(page)] == []


def test_the_link_check_sees_broken_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A b\n[1](gone.md) [2](#a-b) [3](#a-c) [4](page.md#a-b)\n\n[5]: gone.txt\n```\n[6](no)\n```\n")
    assert list(broken_links(page)) == ["page.md: gone.md", "page.md: #a-c", "page.md: gone.txt"]


def test_every_page_of_docs_is_linked_from_another_page(pages: list[Path], root: Path) -> None:
    linked = {
        (page.parent / (inline or reference).partition("#")[0]).resolve()
        for page in pages
        for inline, reference in LINK.findall(prose(page))
    }
    assert [page.name for page in pages if page.parent == root / "docs" and page not in linked] == []


def test_every_make_target_that_a_page_names_exists(pages: list[Path], root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        name for page in pages for name in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert named - targets == set()


def test_contributing_names_every_make_target(root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    page = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {name for name in targets - {"help"} if f"make {name}" not in page} == set()


def test_every_setting_is_documented_and_every_documented_setting_exists(root: Path) -> None:
    page = (root / "docs/configuration.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{name}` | `MINSHU_{name.upper()}` | {'none' if field.default is None else f'`{field.default}`'} "
        f"| {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def test_the_example_of_a_configuration_file_is_accepted(root: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", (root / "docs/configuration.md").read_text("utf-8"), re.DOTALL)
    assert example
    given = tomllib.loads(example[1])
    settings = Settings.load(**given)
    assert {name: str(getattr(settings, name)) for name in given} == {name: str(value) for name, value in given.items()}


def test_every_error_code_is_documented_and_every_documented_code_exists(root: Path) -> None:
    codes = {error.code for error in family(MinshuError)} | {code for code, _ in REFUSALS.values()}
    assert sorted(code for code, _ in codes_in(root / "docs/errors.md")) == sorted(codes)


def test_every_code_is_documented_with_its_status_and_every_documented_status_is_answered(root: Path) -> None:
    statuses = {problem.code: str(problem.status.value) for problem in known_problems()}
    documented = {code: status for code, status in codes_in(root / "docs/errors.md") if status != "–"}
    assert documented == statuses
