"""What a changelog says of a version."""

import pytest

from minshu.changelog import notes_of

CHANGELOG = """\ufeff# 更新日志 Changelog

Nothing here is of a version, not even 1.0.0.

## [Unreleased]

## [2.0.0] - 2021-07-01

### Removed

- 沙县

```
## 1.9.0
```

### 1.9.9

Not a version of its own: it is below 2.0.0.

## v1.1.0

Later.

## 1.0.0 ##

First.

## 0.9.0
"""


@pytest.mark.parametrize(
    ("version", "notes"),
    [
        (
            "2.0.0",
            "### Removed\n\n- 沙县\n\n```\n## 1.9.0\n```\n\n### 1.9.9\n\nNot a version of its own: it is below 2.0.0.",
        ),
        ("1.1.0", "Later."),
        ("1.0.0", "First."),
        ("0.9.0", ""),
        ("1.9.0", None),
        ("1.0", None),
        ("3.0.0", None),
    ],
)
def test_an_entry_goes_from_its_heading_to_the_next_of_its_level(version: str, notes: str | None) -> None:
    assert notes_of(CHANGELOG, version) == notes


@pytest.mark.parametrize(
    "heading",
    ["1.0.0", "[1.0.0]", "[1.0.0] - 2019-03-29", "v1.0.0 (2019)", "Version 1.0.0", "版本 1.0.0", "1.0.0：首次发布"],
)
def test_headings_are_read_as_people_write_them(heading: str) -> None:
    assert notes_of(f"# Changelog\n\n## {heading}\n\nWords.\n", "1.0.0") == "Words."


def test_a_version_is_not_taken_for_another_that_it_begins() -> None:
    assert notes_of("## 1.0.0-rc.1\n\nSoon.\n", "1.0.0") is None
    assert notes_of("## 1.0.01\n\nNo.\n", "1.0.0") is None


def test_lines_end_as_in_markdown_alone() -> None:
    assert notes_of("## 1.0.0\r\n\r\na\x0b\u2028## 2.0.0\r\n## 3.0.0", "1.0.0") == "a\x0b\u2028## 2.0.0"
