"""Versions by SemVer 2.0.0."""

import pytest

from minshu.versions import is_version, latest, newest_first


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "1.0.0.0", "01.0.0", "latest", "", "1.0.0-", "2019-03-29"])
def test_what_semver_does_not_allow_is_no_version(text: str) -> None:
    assert not is_version(text)


def test_precedence_is_that_of_section_11_of_the_standard() -> None:
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.2.0",
        "1.10.0",
    ]
    assert newest_first(ordered) == ordered[::-1]


def test_latest_is_none_where_there_are_only_pre_releases() -> None:
    assert latest(["1.0.0-rc.1"]) is None
