"""Each person's data key in this service's database: found, made on first use, wrapped anew, destroyed.

An erased person keeps a row without a key: whatever comes late cannot make them a new one.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.sealing import Erased, Sealer, StoredKey, SubjectKey

STATEMENTS: tuple[str, ...] = (
    """
    CREATE TABLE subject_key (
        subject uuid PRIMARY KEY,
        wrapped bytea NOT NULL,
        kek text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )
    """,
    "CREATE INDEX subject_key_kek ON subject_key (kek)",
)
# One lock of 256 for each person: a consumer's batch may write about thousands, and the server's table of locks is small.
_LOCK = "8242, (hashtextextended({person}::text, 0) & 255)::int"
# Whoever erases somebody waits for whoever writes something about them, and the other way round. What is asked after the wait
# sees what was done meanwhile: each query of a volatile function looks anew, which a condition of the statement itself does not.
HOLD = f"""
    CREATE FUNCTION linli_hold(person uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared({_LOCK.format(person="person")});
        RETURN NOT EXISTS (SELECT FROM subject_key k WHERE k.subject = person AND k.wrapped = '');
    END $$
"""


async def subject_key(tx: Tx, sealer: Sealer, subject: UUID) -> SubjectKey:
    """For sealing, and for opening what is sealed. Two round trips when the key is new, else one; Erased when it is gone."""
    row = await tx.fetchrow("SELECT wrapped, kek FROM subject_key WHERE subject = $1", subject)
    return await key_to_seal(
        tx, sealer, StoredKey(subject, *(row["wrapped"], row["kek"]) if row else (None, None))
    )


async def key_to_seal(tx: Tx, sealer: Sealer, stored: StoredKey) -> SubjectKey:
    """As `subject_key`, for a statement that has already brought the stored key: no round trip, one when the key is new."""
    if stored.erased:
        raise Erased
    if stored.wrapped is not None:
        return await sealer.key(stored)
    return (await new_keys(tx, sealer, [stored.subject]))[stored.subject]


async def new_keys(tx: Tx, sealer: Sealer, subjects: Sequence[UUID]) -> dict[UUID, SubjectKey]:
    """Keys for people who have none. Of two commands that make one at once, the second waits and gets the first one's."""
    made = [await sealer.new_key(subject) for subject in sorted(set(subjects))]
    rows = await tx.fetch(
        """
        INSERT INTO subject_key AS k (subject, wrapped, kek)
        SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::text[])
        ON CONFLICT (subject) DO UPDATE SET wrapped = k.wrapped
        RETURNING subject, wrapped, kek
        """,
        [key.subject for key in made],
        [key.wrapped for key in made],
        [key.kek for key in made],
    )
    kept = [StoredKey(row["subject"], row["wrapped"], row["kek"]) for row in rows]
    if any(key.erased for key in kept):
        raise Erased
    return await sealer.keys(kept)


async def subject_keys(tx: Tx, sealer: Sealer, subjects: Iterable[UUID]) -> dict[UUID, SubjectKey]:
    """For opening a list: everybody's key in one round trip. Who has none has an entry all the same."""
    wanted = set(subjects)
    if not wanted:
        return {}
    rows = await tx.fetch(
        "SELECT subject, wrapped, kek FROM subject_key WHERE subject = ANY($1::uuid[])", list(wanted)
    )
    found = [StoredKey(row["subject"], row["wrapped"], row["kek"]) for row in rows]
    without = wanted.difference(key.subject for key in found)
    return await sealer.keys([*found, *(StoredKey(subject, None, None) for subject in without)])


async def hold_subjects(tx: Tx, subjects: Iterable[UUID]) -> list[UUID]:
    """Those of these who are not erased, and will not be until the transaction ends. For a service that has `create_hold()`; a
    statement that writes about one person asks `linli_hold(…)` itself. Ask before any lock that an erasure needs."""
    rows = await tx.fetch(
        "SELECT person FROM unnest($1::uuid[]) person WHERE linli_hold(person)", sorted(set(subjects))
    )
    return [row["person"] for row in rows]


async def erase_subject(tx: Tx, subject: UUID) -> None:
    """Destroys the subject's key and every stored answer by or about them; what books need of them is their id. Whoever is
    writing something about them (`linli_hold`) is waited for, so that what is deleted next is all that there is."""
    await tx.execute(f"SELECT pg_advisory_xact_lock({_LOCK.format(person='$1::uuid')})", subject)
    await tx.execute(
        """
        INSERT INTO subject_key (subject, wrapped, kek) VALUES ($1, '', '')
        ON CONFLICT (subject) DO UPDATE SET wrapped = excluded.wrapped, kek = excluded.kek
        """,
        subject,
    )
    # Answers name people by their ids. An erasure is rare, and may read them all.
    await tx.execute(
        """
        UPDATE idempotency SET body = NULL
        WHERE body IS NOT NULL AND (principal = $1 OR position(convert_to($1, 'UTF8') IN body) > 0)
        """,
        str(subject),
    )


async def wrap_anew(tx: Tx, sealer: Sealer, most: int) -> int:
    """Data keys of retired KEKs go under the current one, a bounded piece at a time; how many."""
    if not sealer.provider.retired:
        return 0
    rows = await tx.fetch(
        """
        SELECT subject, wrapped, kek FROM subject_key WHERE kek = ANY($1::text[])
        ORDER BY subject LIMIT $2 FOR UPDATE SKIP LOCKED
        """,
        list(sealer.provider.retired),
        most,
    )
    anew = [await sealer.rewrapped(StoredKey(row["subject"], row["wrapped"], row["kek"])) for row in rows]
    await tx.execute(
        """
        UPDATE subject_key k SET wrapped = n.wrapped, kek = n.kek
        FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS n(subject, wrapped, kek) WHERE k.subject = n.subject
        """,
        [key.subject for key in anew],
        [key.wrapped for key in anew],
        [key.kek for key in anew],
    )
    return len(anew)
