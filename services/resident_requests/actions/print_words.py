"""Keyed prints of the pieces of what somebody says: words are compared by them and cannot be read from them."""

from platform_kit.sealing import Sealer
from resident_requests.rules.likeness import pieces
from resident_requests.rules.sealed import LIKENESS


def print_words(sealer: Sealer, words: str) -> list[int]:
    """Each once, in order; as many as a column of integers holds of each."""
    digests = (sealer.digest(piece.encode(), for_=LIKENESS) for piece in pieces(words))
    return sorted({int.from_bytes(digest[:4], "big", signed=True) for digest in digests})
