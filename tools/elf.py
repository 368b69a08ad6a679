"""Cut from compiled code what no loader reads: symbols, debug information, the list of sections.

A loader maps the segments that the program header names, and nothing else. So this needs no tool
of the other machine's: the layout is the same on both that Lambda has (ELF, 64 bits,
little-endian).
"""

import struct

_LOADED = 1  # PT_LOAD: a segment that is mapped

# The fields of the file header, by their offset: man 5 elf.
_PROGRAM_HEADER, _SIZE_OF_ENTRY = 32, 54
_SECTION_LIST, _SIZES_OF_SECTIONS = 40, 58


def loaded_part(library: bytes) -> bytes:
    """Return a shared library up to the end of its last segment, as one without sections.

    Raises:
        ValueError: It is no ELF file of 64 bits.
    """
    if library[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not an ELF file of 64 bits")
    (start,) = struct.unpack_from("<Q", library, _PROGRAM_HEADER)
    size, count = struct.unpack_from("<HH", library, _SIZE_OF_ENTRY)
    end = 0
    for place in range(start, start + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", library, place)
        if kind == _LOADED:
            end = max(end, offset + length)
    kept = bytearray(library[:end])
    struct.pack_into("<Q", kept, _SECTION_LIST, 0)
    struct.pack_into("<HHH", kept, _SIZES_OF_SECTIONS, 0, 0, 0)
    return bytes(kept)
