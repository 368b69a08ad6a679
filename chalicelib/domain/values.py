"""What a value says, whatever it is for: nothing, or a number."""

import unicodedata


class Number(str):
    """A JSON number as written: texts keep its digits, ids and times read its value."""

    __slots__ = ()

    @property
    def plain(self) -> int | float:
        """The number: exact where it is digits alone, else a double (RFC 8259, section 6)."""
        is_whole = self.removeprefix("-").isdigit() and len(self) <= _LONGEST_INTEGER
        return int(self) if is_whole else float(self)


_LONGEST_INTEGER = 4300
"""Digits that Python reads as an integer unasked; what has more is infinite, as a double."""

_EXACT = 2**53
"""Up to here a double is exact."""


def whole_number(text: str) -> int | None:
    """Return the whole number in decimal digits or a JSON number like `1.0`; None: none."""
    if isinstance(text, Number):
        number = text.plain
        return int(number) if -_EXACT <= number <= _EXACT and number == int(number) else None
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit() and len(digits) <= len(str(_EXACT))):
        return None
    return int(digits or 0)


def nfc(text: str) -> str:
    """Return a text in NFC, as most keyboards write it: an accented e is one code point.

    Some systems type two, which look alike and are not equal (Unicode Standard Annex 15; for names
    and passwords RFC 8265, sections 3.3 and 4.2).
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text can be seen: it is empty, or its characters leave no ink."""
    if "!" <= text[:1] <= "~":  # as most begin: with one of ASCII's characters that are seen
        return False
    return all(map(_is_without_ink, text))


def _is_without_ink(character: str) -> bool:
    # Private and unassigned characters count as seen: a newer Unicode, or a font, may show them. A
    # NUL is refused.
    return character in _FILLERS or (
        character != "\0" and unicodedata.category(character) in _WITHOUT_INK
    )


_WITHOUT_INK = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}
"""Controls, formats such as U+200B, separators, and marks, which show on a letter alone."""

_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol by their category, which are drawn as nothing: Hangul's fillers and the
blank of Braille."""
