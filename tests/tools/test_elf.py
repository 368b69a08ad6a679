"""Compiled code is cut to what a loader maps; that it still works, tests.deployment.test_zip."""

import struct

import pytest

from tools import elf


def library(*segments: tuple[int, int, int]) -> bytes:
    """Return a library of 4,096 bytes with segments (kind, offset, length) and sections."""
    head = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<QQ", 64, 4000)
    head += struct.pack("<IHHHHHH", 0, 64, 56, len(segments), 64, 1, 1)
    table = b"".join(
        struct.pack("<IIQQQQQQ", kind, 0, offset, 0, 0, length, length, 1)
        for kind, offset, length in segments
    )
    return (head + table).ljust(4096, b".")


def test_what_follows_the_last_segment_is_cut():
    whole = library((1, 0, 1000), (1, 1000, 2000), (4, 3500, 100))

    kept = elf.loaded_part(whole)

    assert len(kept) == 3000
    assert kept[64:] == whole[64:3000]


def test_a_list_of_sections_that_was_cut_is_named_no_more():
    kept = elf.loaded_part(library((1, 0, 1000)))

    assert struct.unpack_from("<Q", kept, 40) == (0,)
    assert struct.unpack_from("<HHH", kept, 58) == (0, 0, 0)


@pytest.mark.parametrize("content", [b"", b"MZ" + bytes(100), b"\x7fELF\x01\x01" + bytes(100)])
def test_what_no_lambda_loads_is_refused(content):
    with pytest.raises(ValueError, match="^not an ELF file of 64 bits$"):
        elf.loaded_part(content)
