"""Where a call comes from: the peer of its connection, or what a proxy of ours says in X-Forwarded-For."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Network = IPv4Network | IPv6Network
_UNKNOWN = "unknown"


def caller_address(call: HTTPConnection, proxies: Sequence[Network]) -> str:
    """Text that is the same for everybody at one connection to the internet: an IPv4 address, or an IPv6 /64.

    Anybody can write X-Forwarded-For: it is read from its right end, where our own proxies write, and only for as long as
    whoever wrote is one of them.
    """
    address = _parsed(call.client.host if call.client else "")
    told = ",".join(call.headers.getlist("x-forwarded-for")).split(",")
    while address is not None and told and any(address in network for network in proxies):
        before = _parsed(told.pop().strip())
        if before is None:
            break
        address = before
    if address is None:
        return _UNKNOWN
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
