"""Pictures of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from resident_requests.rules.attachments import AddedBy

_ATTACHMENT = "request_id, number, kind, name, size, width, height, added_by, added_at, side, evidence_round"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture of a request, without its content; `name` as it is stored, sealed. `side`: the resident's, or of whoever
    works on it. `evidence_round`: it shows what was done in that round."""

    request_id: UUID
    number: int
    kind: str
    name: bytes
    size: int
    width: int
    height: int
    added_by: UUID
    added_at: datetime
    side: AddedBy
    evidence_round: int | None = None


async def attachments(tx: Tx, request_id: UUID) -> list[Attachment]:
    rows = await tx.fetch(
        f"SELECT {_ATTACHMENT} FROM attachment WHERE request_id = $1 ORDER BY number", request_id
    )
    return [attachment for row in rows if (attachment := load(Attachment, row))]


async def attachment_content(tx: Tx, request_id: UUID, number: int) -> tuple[Attachment, bytes] | None:
    """The attachment and its sealed content."""
    row = await tx.fetchrow(
        f"SELECT {_ATTACHMENT}, content FROM attachment WHERE request_id = $1 AND number = $2",
        request_id,
        number,
    )
    found = load(Attachment, row)
    return (found, row["content"]) if found and row else None


async def insert_attachment(tx: Tx, attachment: Attachment, content: bytes) -> None:
    await tx.execute(
        f"INSERT INTO attachment ({_ATTACHMENT}, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        attachment.request_id,
        attachment.number,
        attachment.kind,
        attachment.name,
        attachment.size,
        attachment.width,
        attachment.height,
        attachment.added_by,
        attachment.added_at,
        attachment.side,
        attachment.evidence_round,
        content,
    )


async def save_evidence(tx: Tx, request_id: UUID, numbers: Sequence[int], round_: int) -> None:
    await tx.execute(
        "UPDATE attachment SET evidence_round = $3 WHERE request_id = $1 AND number = ANY($2)",
        request_id,
        list(numbers),
        round_,
    )
