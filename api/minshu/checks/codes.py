"""The codes of Chinese registers, as their standards define them: predicates of one text, without polars.

Each is true of a whole text that is exactly such a code. Whether a code was ever given to anybody, no check can tell.
"""

import re
from datetime import date

# GB 32100-2015, Table 1: digits and capitals without I, O, S, V and Z, each valued by its place.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(3**position % 31 for position in range(17))
USCC_SHAPE = f"[1-9ANY][{USCC_ALPHABET}][0-9]{{6}}[{USCC_ALPHABET}]{{10}}"
# GB 11643-1999: the weights of ISO 7064 MOD 11-2, and the check character for each remainder.
IDENTITY_WEIGHTS = tuple(2 ** (17 - position) % 11 for position in range(17))
IDENTITY_CHECKS = "10X98765432"
# GB/T 2260: the first two digits of the 34 divisions of the first level. 81 to 83 begin the residence permits of
# people from Hong Kong, Macau and Taiwan, whose numbers follow GB 11643.
DIVISIONS = (
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43"),
    *("44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82"),
)
IDENTITY_DIVISIONS = (*DIVISIONS, "83")
IDENTITY_SHAPE = r"[1-8][0-9]{5}(?:1[89]|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]"
# The ranges that the Ministry of Industry and Information Technology has given to mobile services of people;
# 140, 141, 144 to 146 and 148 belong to machines and satellites.
MOBILE_SHAPE = r"1(?:3[0-9]|4[579]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[0-9]{8}"
# An area code (10 and 2x of two digits, others of three) after 0, a subscriber's number of 7 or 8 digits that begins
# with 2 to 9, perhaps an extension. Ten-digit service numbers begin with 400 or 800.
LANDLINE_SHAPE = (
    r"(?:(?:\(?0(?:10|2[0-57-9])\)?[- ]?[2-9][0-9]{7}|\(?0[3-9][0-9]{2}\)?[- ]?[2-9][0-9]{6,7})(?:[-转][0-9]{1,6})?"
    r"|[48]00[- ]?[0-9]{3}[- ]?[0-9]{4})"
)
# GA 36-2018: ordinary plates with at most two letters among their five characters; new energy plates have six.
PLATE_SHAPE = (
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·• ]?"
    r"(?:[ABCDEFGHJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[ABCDEFGHJK]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9学警挂港澳])"
)
# The issuers' prefixes of ISO/IEC 7812 that cards in China bear, with their lengths: UnionPay, Visa, Mastercard,
# American Express, JCB, and the 19 digits of an older bank's 9558.
CARD_SHAPE = (
    r"(?:62[0-9]{14,17}|4[0-9]{15}|5[1-5][0-9]{14}|2(?:2[2-9]|[3-6][0-9]|7[01])[0-9]{13}|3[47][0-9]{13}"
    r"|35[2-8][0-9]{13}|9558[0-9]{15})"
)
MAX_PLATE_LETTERS = 2
NEW_ENERGY_LENGTH = 8


def uscc_check_character(text: str) -> str:
    """The 18th character for the first 17 of a unified social credit code: GB 32100-2015, 4.6, modulo 31."""
    total = sum(USCC_ALPHABET.index(letter) * weight for letter, weight in zip(text[:17], USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def is_uscc(text: str) -> bool:
    """Whether a text is a unified social credit code: GB 32100-2015, with the registries 1 to 9, A, N and Y."""
    return bool(re.fullmatch(USCC_SHAPE, text)) and uscc_check_character(text) == text[17]


def identity_check_character(text: str) -> str:
    """The 18th character for the first 17 of a resident identity number: GB 11643-1999, ISO 7064 MOD 11-2."""
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], IDENTITY_WEIGHTS, strict=True))
    return IDENTITY_CHECKS[total % 11]


def birthdate_of(identity: str) -> date | None:
    """The birthdate within an identity number; None where the calendar has no such day."""
    try:
        return date(int(identity[6:10]), int(identity[10:12]), int(identity[12:14]))
    except ValueError:
        return None


def is_identity_number(text: str, today: date | None = None) -> bool:
    """Whether a text is a resident identity number: GB 11643-1999, of 18 characters.

    A division of the first level, a birthdate up to today, and the check character must all agree.
    """
    if not re.fullmatch(IDENTITY_SHAPE, text) or text[:2] not in IDENTITY_DIVISIONS:
        return False
    born = birthdate_of(text)
    plausible = born is not None and born <= (today or date.today())
    return plausible and identity_check_character(text) == text[17].upper()


def is_mobile(text: str) -> bool:
    """Whether a text is a mobile number of mainland China, perhaps with +86, blanks or hyphens."""
    bare = re.sub(r"^(?:\+|00)86", "", re.sub(r"[ -]", "", text))
    return bool(re.fullmatch(MOBILE_SHAPE, bare))


def is_landline(text: str) -> bool:
    """Whether a text is a fixed number of mainland China with its area code, or a 400 or 800 number."""
    return bool(re.fullmatch(LANDLINE_SHAPE, text))


def is_plate(text: str) -> bool:
    """Whether a text is a number plate of a vehicle in mainland China: GA 36-2018."""
    bare = re.sub("[·• ]", "", text)
    if not re.fullmatch(PLATE_SHAPE, bare):
        return False
    letters = sum(letter.isascii() and letter.isalpha() for letter in bare[2:])
    return len(bare) == NEW_ENERGY_LENGTH or letters <= MAX_PLATE_LETTERS


def is_card(text: str) -> bool:
    """Whether digits are a bank card's: an issuer's prefix and length, and Luhn's check (ISO/IEC 7812-1, Annex B)."""
    return bool(re.fullmatch(CARD_SHAPE, text)) and luhn_total(text) % 10 == 0


def luhn_total(digits: str) -> int:
    """Luhn's sum: every second digit from the right doubled, and digits of the products added up."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)
