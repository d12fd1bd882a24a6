"""What stands in the address of a database, and the password that stands in a file beside it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

_ENCRYPTED = ("require", "verify-ca", "verify-full")


def with_password(address: str, password_file: Path | None) -> str:
    """The address with the password that the file holds; as it is without one. ValueError when the file cannot be read."""
    if password_file is None:
        return address
    try:
        password = password_file.read_text().strip()
    except OSError as error:
        raise ValueError(f"the password file cannot be read: {error.strerror}") from None
    parts = urlsplit(address)
    user = parts.netloc.rpartition("@")[0].partition(":")[0]
    hosts = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{hosts}").geturl()


def hosts_of(address: str) -> Iterator[str]:
    """Every host that may be connected to; none where it is a socket of this machine."""
    parts = urlsplit(address)
    for listed in (parts.netloc.rpartition("@")[2], *parse_qs(parts.query).get("host", ())):
        for each in listed.split(","):
            host = urlsplit(f"//{each}").hostname
            if host and not host.startswith("/"):
                yield host


def is_encrypted(address: str) -> bool:
    """Whether the client refuses a server that speaks in the clear."""
    return parse_qs(urlsplit(address).query).get("sslmode", [""])[-1] in _ENCRYPTED
