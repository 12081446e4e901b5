"""`docs/versions.md` lists every rule as the code has it."""

import re
from pathlib import Path
from string import Formatter

import pytest

from minshu.diff import Bump
from minshu.diff.rules import RULES, Rule

ROOT = Path(__file__).parents[2]


def test_the_documentation_lists_every_rule_and_no_other() -> None:
    page = (ROOT / "docs/versions.md").read_text("utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| (.*) \|$", page, re.MULTILINE)
    assert listed == [(rule.id, str(rule.bump), rule.meaning) for rule in RULES.values()]


def test_the_rules_come_by_their_weight() -> None:
    weights = [rule.bump.weight for rule in RULES.values()]
    assert weights == sorted(weights, reverse=True)
    assert Bump.none not in {rule.bump for rule in RULES.values()}


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_both_languages_say_the_same_of_a_change(rule: Rule) -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert names(rule.english) == names(rule.chinese)
