"""Identifiers: time-ordered UUIDs for machines, case numbers with a check digit for people on the phone."""

import os
import time
from uuid import UUID

from stdnum import damm

_DIGITS = 8


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits. Only edges call it; rules take ids."""
    milliseconds = time.time_ns() // 1_000_000
    bits = bytearray(milliseconds.to_bytes(6, "big") + os.urandom(10))
    bits[6] = 0x70 | (bits[6] & 0x0F)
    bits[8] = 0x80 | (bits[8] & 0x3F)
    return UUID(bytes=bytes(bits))


def case_number(serial: int) -> str:
    """`serial` as digits in groups of three that can be read aloud, e.g. ``000-001-237``.

    The last digit is a Damm check digit: it finds every single wrong digit and every swap of neighbours.
    """
    if not 0 < serial < 10**_DIGITS:
        raise ValueError(f"a case number holds {_DIGITS} digits, not {serial}")
    body = f"{serial:0{_DIGITS}d}"
    whole = body + str(damm.calc_check_digit(body))
    return f"{whole[:3]}-{whole[3:6]}-{whole[6:]}"


def parse_case_number(text: str) -> int | None:
    """The serial behind a case number as a person typed it (any spaces or dashes), or None if it cannot be one."""
    digits = "".join(character for character in text if character.isdecimal())
    if len(digits) != _DIGITS + 1 or not damm.is_valid(digits):
        return None
    return int(digits[:-1])
