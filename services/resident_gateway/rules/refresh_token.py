"""What a refresh token says: whose session, which step of it, and the secret of that step."""

import re
from dataclasses import dataclass
from uuid import UUID

_FORM = re.compile(r"([0-9a-f]{32})\.([0-9]{1,6})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    session_id: UUID
    step: int
    secret: bytes

    def __str__(self) -> str:
        return f"{self.session_id.hex}.{self.step}.{self.secret.hex()}"


def read(text: str) -> RefreshToken | None:
    """None for anything that was never given out by us."""
    found = _FORM.fullmatch(text)
    return RefreshToken(UUID(found[1]), int(found[2]), bytes.fromhex(found[3])) if found else None
