"""Reads values of any field: numbers, blank texts, Unicode forms."""

import unicodedata


class Number(str):
    """A JSON number as written: texts keep its digits, ids and times read its value."""

    __slots__ = ()

    @property
    def plain(self) -> int | float:
        """The number: exact if it has only digits, else a double (RFC 8259, section 6)."""
        is_whole = self.removeprefix("-").isdigit() and len(self) <= _LONGEST_INTEGER
        return int(self) if is_whole else float(self)


_LONGEST_INTEGER = 4300
"""Digits that Python reads as an integer by default; a longer number is infinite as a double."""

_EXACT = 2**53
"""The largest integer up to which doubles are exact."""


def whole_number(text: str) -> int | None:
    """Return the whole number in decimal digits or a JSON number like `1.0`, or None."""
    if isinstance(text, Number):
        number = text.plain
        return int(number) if -_EXACT <= number <= _EXACT and number == int(number) else None
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit() and len(digits) <= len(str(_EXACT))):
        return None
    return int(digits or 0)


def whole_characters(text: str) -> str:
    """Return a text with U+FFFD in place of half a surrogate pair; two halves become one."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def nfc(text: str) -> str:
    """Return a text in NFC, as most keyboards write it: an accented e is one code point.

    Some systems type two, which look the same and are not equal (Unicode Standard Annex 15; for
    names and passwords RFC 8265, sections 3.3 and 4.2).
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def is_blank(text: str) -> bool:
    """Tell whether a text is empty or has only invisible characters."""
    if "!" <= text[:1] <= "~":  # most texts begin with a visible ASCII character
        return False
    return all(map(_is_without_ink, text))


def _is_without_ink(character: str) -> bool:
    # Private and unassigned characters count as visible: a newer Unicode, or a font, may show them.
    # NUL does too: it is refused elsewhere.
    return character in _FILLERS or (
        character != "\0" and unicodedata.category(character) in _WITHOUT_INK
    )


_WITHOUT_INK = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}
"""Controls, formats such as U+200B, separators, and marks, which are visible only on a letter."""

_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol by category, but drawn as nothing: Hangul's fillers and Braille's blank."""
