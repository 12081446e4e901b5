"""From a verdict to a version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minshu.diff import Bump
from minshu.diff.versioning import base_of, is_enough, is_prerelease, step, stepped
from minshu.versions import precedes

CORES = st.builds("{}.{}.{}".format, *[st.integers(0, 12)] * 3)


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.3.0", "minor"),
        ("1.2.3", "2.0.0", "major"),
        ("1.0.0", "1.1.0-rc.1", "minor"),
        ("0.1.0", "0.1.1", "minor"),
        ("0.1.0", "0.2.0", "major"),
        ("0.1.0", "1.0.0", "major"),
        ("1.0.0", "1.0.0+build", "none"),
    ],
)
def test_a_step_allows_what_its_place_promises(old: str, new: str, allowed: str) -> None:
    assert step(old, new) == allowed


@given(version=CORES, bump=st.sampled_from([Bump.patch, Bump.minor, Bump.major]))
def test_the_computed_version_is_above_the_old_one_and_allows_the_verdict(version: str, bump: Bump) -> None:
    computed = stepped(version, bump)
    assert precedes(version, computed)
    assert step(version, computed).weight >= bump.weight


def test_nothing_changed_takes_no_version() -> None:
    assert stepped("1.2.3", Bump.none) == "1.2.3"


def test_a_release_follows_a_pre_release() -> None:
    assert stepped("2.0.0-rc.1", Bump.patch) == "2.0.0"


def test_a_version_follows_the_highest_release_below_it_rather_than_a_pre_release() -> None:
    known = ["1.0.0", "1.1.0", "2.0.0", "1.1.0-rc.1", "1.0.1-beta"]
    assert base_of(known, "1.1.0")[0] == "1.0.0"
    assert base_of(known, "1.0.1")[0] == "1.0.0"
    assert base_of(known)[0] == "2.0.0"
    assert base_of(["1.0.0-a", "1.0.0-b"], "1.0.0")[0] == "1.0.0-b"
    assert base_of(known, "1.0.0") == []
    assert is_prerelease("1.0.0-a")


@pytest.mark.parametrize(
    ("base", "version", "verdict", "enough"),
    [
        ("1.0.0", "1.1.0", Bump.minor, True),
        ("1.0.0", "2.0.0", Bump.minor, True),
        ("1.0.0", "1.0.1", Bump.minor, False),
        ("0.1.0", "0.1.1", Bump.minor, True),
        ("2.0.0-rc.1", "2.0.0-rc.2", Bump.major, True),
    ],
)
def test_a_version_is_enough_if_its_step_allows_the_verdict(
    base: str, version: str, verdict: Bump, enough: bool
) -> None:
    assert is_enough(base, version, verdict) is enough
