"""People in a small circle: their initials on a colour that goes with the name."""

import zlib

TINTS = 8
"""The colours of circles, the classes `w0` to `w7` of the style."""


def initials(name: str) -> str:
    """Return one or two capitals: of the first and the last word, else of the only one."""
    words = ["".join(filter(str.isalnum, word)) for word in name.split()]
    words = [word for word in words if word] or [name.strip()[:1] or "?"]
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()[:2]


def tint(name: str) -> int:
    """Return the number of a name's colour, the same in every process."""
    return zlib.crc32(name.encode(errors="replace")) % TINTS
