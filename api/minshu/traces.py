"""Traces of persons in a text: what they look like, whether their check digits are right, and how they are masked."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from minshu.checks.codes import (
    CARD_SHAPE,
    IDENTITY_SHAPE,
    PLATE_SHAPE,
    is_card,
    is_identity_number,
    is_mobile,
    is_plate,
)

CHILD = 14
# Digits in groups, as people write phones and cards; half and full width are one.
MOBILE = r"(?:(?:\+|00)86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
CARD = r"(?:[0-9]{4}[ -]){3}[0-9]{4}(?:[ -]?[0-9]{1,3})?|" + CARD_SHAPE
EMAIL = r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
DATE = r"(?:19|20)[0-9]{2}[-/.年]?[01]?[0-9][-/.月]?[0-3]?[0-9]日?"
FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ＠－＋　", "0123456789Xx@-+ ")
# Each kind in the words of a report: of one, of many.
KINDS: Mapping[str, tuple[str, str]] = {
    "identity": ("resident identity number", "resident identity numbers"),
    "mobile": ("mobile number", "mobile numbers"),
    "card": ("bank card number", "bank card numbers"),
    "email": ("e-mail address", "e-mail addresses"),
    "plate": ("number plate", "number plates"),
    "child": (f"birthdate of somebody under {CHILD}", f"birthdates of people under {CHILD}"),
}
# In this order: digits that are an identity number are not looked at as a card's.
PATTERNS = (
    ("email", re.compile(EMAIL)),
    ("identity", re.compile(rf"(?<![0-9A-Za-z]){IDENTITY_SHAPE}(?![0-9A-Za-z])")),
    ("card", re.compile(rf"(?<![0-9A-Za-z.])(?:{CARD})(?![0-9A-Za-z]|\.[0-9])")),
    ("mobile", re.compile(rf"(?<![0-9A-Za-z.]){MOBILE}(?![0-9A-Za-z]|\.[0-9])")),
    ("plate", re.compile(rf"{PLATE_SHAPE}(?![0-9A-Za-z])")),
)
# What SQL looks for: RE2 knows no look-ahead, so this finds a little more than the patterns above. The beginning in
# front of the digits is what keeps it fast: without it, counted repetitions that overlap cost ten times as much.
CANDIDATE = rf"(?:^|[^0-9A-Za-z.])(?:{IDENTITY_SHAPE}|{CARD}|{MOBILE})|{PLATE_SHAPE}|[@＠０-９]"


def masked(secret: str, kind: str) -> str:
    """A secret as it may be shown: enough to find it by in its row, too little to know it."""
    if kind == "email":
        return f"{secret[0]}***@***{secret[secret.rindex('.') :]}"
    if kind == "child":
        return re.sub("[0-9]", "*", secret)
    ends = (2, 0) if kind == "plate" else (3, 2)
    return secret[: ends[0]] + "*" * (len(secret) - sum(ends)) + secret[len(secret) - ends[1] :]


def redacted(text: str, today: date | None = None) -> str:
    """The text with every secret in it masked, birthdates apart, which a text alone does not tell."""
    plain = text.translate(FULL_WIDTH)
    kinds = frozenset(kind for kind, _ in PATTERNS)
    for kind, secret, valid in list(candidates(plain, kinds, today or date.today())):
        place = plain.find(secret)
        if valid and place >= 0:
            text = text[:place] + masked(secret, kind) + text[place + len(secret) :]
            plain = text.translate(FULL_WIDTH)
    return text


def child_birthdate(text: str, today: date | None = None) -> bool:
    """Whether a text is the date of a day after which fewer than 14 years have passed."""
    parts = re.fullmatch(r"([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?", text.strip())
    try:
        born = date(*map(int, parts.groups())) if parts else None
    except ValueError:
        return False
    now = today or date.today()
    if born is None or born > now:
        return False
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day)) < CHILD


def candidates(text: str, kinds: frozenset[str], now: date) -> Iterator[tuple[str, str, bool]]:
    """What looks like a secret of these kinds: its kind, itself, and whether its check digits say that it is one."""
    if "child" in kinds:
        yield "child", text, child_birthdate(text, now)
        return
    plain = text.translate(FULL_WIDTH)
    for kind, pattern in PATTERNS:
        if kind not in kinds:
            continue
        for secret in pattern.findall(plain):
            valid = _valid(kind, secret, now)
            yield kind, secret, valid
            if valid:
                plain = plain.replace(secret, " ", 1)


def _valid(kind: str, secret: str, now: date) -> bool:
    if kind == "identity":
        return is_identity_number(secret, now)
    if kind == "card":
        return is_card(re.sub("[ -]", "", secret))
    if kind == "mobile":
        return is_mobile(secret)
    return kind == "email" or is_plate(secret)
