"""Where a call comes from, as something to count by."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

_UNKNOWN = "unknown"
# An IPv6 address with an IPv4 one in it.
_LONGEST = 45
_REMEMBERED = 1024


def address_of(text: str) -> str:
    """Empty when it is none: a name, a socket's path, whatever a header held."""
    return _address_of(text) if len(text) <= _LONGEST else ""


@lru_cache(_REMEMBERED)
def _address_of(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


@lru_cache(_REMEMBERED)
def line_of(address: str) -> str:
    """The same for everybody at one connection to the internet: an IPv4 address, or an IPv6 /64, which is 2^64 addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return _UNKNOWN
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, 64), strict=False))
        parsed = parsed.ipv4_mapped
    return str(parsed)
