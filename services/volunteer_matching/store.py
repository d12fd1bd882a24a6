"""All SQL of volunteer matching."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from platform_kit.db import Tx
from platform_kit.rows import load
from registry_replica.worklist import fetch_worklist
from volunteer_matching.rules.ranking import Candidate
from volunteer_matching.rules.task import Offer, State, Task

_TASK = """id, request_id, resident_id, unit_id, skill, starts_at, ends_at, state, volunteer_id, checked_in_at, minutes,
    version, request_version"""
_OFFER = "o.id, o.task_id, o.volunteer_id, v.person_id, o.state, o.expires_at"
_LIVE = "('open', 'offered', 'accepted', 'checked_in')"


@dataclass(frozen=True, slots=True)
class Volunteer:
    id: UUID
    person_id: UUID
    unit_id: UUID
    skills: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class OpenOffer:
    id: UUID
    task_id: UUID
    unit_id: UUID
    skill: str | None
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Hours:
    confirmed_minutes: int
    confirmed_tasks: int


async def insert_volunteer(tx: Tx, volunteer: Volunteer, at: datetime) -> None:
    await tx.execute(
        "INSERT INTO volunteer (id, person_id, unit_id, skills, version, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        volunteer.id,
        volunteer.person_id,
        volunteer.unit_id,
        list(volunteer.skills),
        volunteer.version,
        at,
    )


async def delete_skills(tx: Tx, person_id: UUID) -> None:
    await tx.execute("UPDATE volunteer SET skills = '{}' WHERE person_id = $1", person_id)


async def volunteer_of(tx: Tx, person_id: UUID) -> Volunteer | None:
    return load(Volunteer, await tx.fetchrow("SELECT * FROM volunteer WHERE person_id = $1", person_id))


async def volunteer(tx: Tx, volunteer_id: UUID) -> Volunteer | None:
    return load(Volunteer, await tx.fetchrow("SELECT * FROM volunteer WHERE id = $1", volunteer_id))


async def holder(tx: Tx, task: Task) -> UUID | None:
    """The person whose task it is to do."""
    held_by = await volunteer(tx, task.volunteer_id) if task.volunteer_id else None
    return held_by.person_id if held_by else None


async def lock_volunteer(tx: Tx, volunteer_id: UUID) -> None:
    """One person's accepts, one after the other: two at once would deadlock in the exclusion constraint.

    Taken after the task's lock. NO KEY lets others make offers to them meanwhile.
    """
    await tx.execute("SELECT FROM volunteer WHERE id = $1 FOR NO KEY UPDATE", volunteer_id)


async def candidates(tx: Tx, task: Task) -> list[Candidate]:
    """Everybody with the skill who is free at that time, and did not decline or step back; nobody who has been erased."""
    rows = await tx.fetch(
        """
        SELECT v.id AS volunteer_id, v.person_id, u.code AS unit_code, v.skills,
            (SELECT count(*) FROM task t WHERE t.volunteer_id = v.id AND t.state IN ('accepted', 'checked_in'))
                AS commitments,
            (SELECT count(*) FROM offer o WHERE o.task_id = $1 AND o.volunteer_id = v.id AND o.state = 'expired') AS lapsed
        FROM volunteer v JOIN unit u ON u.id = v.unit_id JOIN resident r ON r.id = v.person_id
        WHERE ($2::text IS NULL OR v.skills @> ARRAY[$2::varchar])
            AND NOT EXISTS (
                SELECT FROM offer o WHERE o.task_id = $1 AND o.volunteer_id = v.id
                    AND o.state NOT IN ('withdrawn', 'expired')
            )
            AND NOT EXISTS (
                SELECT FROM task t WHERE t.volunteer_id = v.id AND t.state IN ('accepted', 'checked_in')
                    AND tstzrange(t.starts_at, t.ends_at) && tstzrange($3, $4)
            )
        """,
        task.id,
        task.skill,
        task.starts_at,
        task.ends_at,
    )
    return [candidate for row in rows if (candidate := load(Candidate, row))]


async def insert_task(tx: Tx, task: Task, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO task (id, request_id, resident_id, unit_id, skill, starts_at, ends_at, state, version, created_at,
                          request_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        task.id,
        task.request_id,
        task.resident_id,
        task.unit_id,
        task.skill,
        task.starts_at,
        task.ends_at,
        task.state,
        task.version,
        at,
        task.request_version,
    )


async def task_made_for(tx: Tx, request_id: UUID, request_version: int) -> bool:
    """Whether that event of the request, or a later one, has its task."""
    found = await tx.fetchval(
        "SELECT true FROM task WHERE request_id = $1 AND request_version >= $2 LIMIT 1",
        request_id,
        request_version,
    )
    return bool(found)


async def task(tx: Tx, task_id: UUID) -> Task | None:
    return load(Task, await tx.fetchrow(f"SELECT {_TASK} FROM task WHERE id = $1", task_id))


async def task_for_update(tx: Tx, task_id: UUID) -> Task | None:
    return load(Task, await tx.fetchrow(f"SELECT {_TASK} FROM task WHERE id = $1 FOR UPDATE", task_id))


async def lock_task(tx: Tx, task_id: UUID) -> None:
    await tx.execute("SELECT FROM task WHERE id = $1 FOR UPDATE", task_id)


async def unfinished_tasks_of_request(tx: Tx, request_id: UUID, *, before: int) -> list[Task]:
    """Of those that an earlier event of the request asked for: its live task and those that were escalated; locked."""
    rows = await tx.fetch(
        f"""
        SELECT {_TASK} FROM task WHERE request_id = $1 AND (state IN {_LIVE} OR state = 'escalated')
            AND coalesce(request_version, 0) < $2
        ORDER BY id FOR UPDATE
        """,
        request_id,
        before,
    )
    return [task for row in rows if (task := load(Task, row))]


async def waiting_tasks(tx: Tx, skills: Sequence[str], most: int) -> list[UUID]:
    """Open tasks that somebody with these skills could do, the most urgent first."""
    rows = await tx.fetch(
        """
        SELECT id FROM task WHERE state = 'open' AND ends_at > linli_now() AND (skill IS NULL OR skill = ANY($1))
        ORDER BY starts_at, id LIMIT $2
        """,
        list(skills),
        most,
    )
    return [row["id"] for row in rows]


async def save_task(tx: Tx, task: Task, *, events: int = 1) -> int:
    """Save under the lock that its reader took; the version counts its events."""
    version: int = await tx.fetchval(
        """
        UPDATE task SET state = $2, volunteer_id = $3, checked_in_at = $4, minutes = $5, version = version + $6
        WHERE id = $1 RETURNING version
        """,
        task.id,
        task.state,
        task.volunteer_id,
        task.checked_in_at,
        task.minutes,
        events,
    )
    return version


async def task_of_offer(tx: Tx, offer_id: UUID) -> UUID | None:
    task_id: UUID | None = await tx.fetchval("SELECT task_id FROM offer WHERE id = $1", offer_id)
    return task_id


async def offer(tx: Tx, offer_id: UUID) -> Offer | None:
    row = await tx.fetchrow(
        f"SELECT {_OFFER} FROM offer o JOIN volunteer v ON v.id = o.volunteer_id WHERE o.id = $1", offer_id
    )
    return load(Offer, row)


async def insert_offers(tx: Tx, offers: Sequence[Offer]) -> None:
    await tx.executemany(
        "INSERT INTO offer (id, task_id, volunteer_id, state, expires_at) VALUES ($1, $2, $3, $4, $5)",
        [(offer.id, offer.task_id, offer.volunteer_id, offer.state, offer.expires_at) for offer in offers],
    )


async def save_offer(tx: Tx, offer_id: UUID, state: str) -> None:
    await tx.execute("UPDATE offer SET state = $2 WHERE id = $1", offer_id, state)


async def end_open_offers(tx: Tx, task_id: UUID, state: str) -> None:
    await tx.execute("UPDATE offer SET state = $2 WHERE task_id = $1 AND state = 'open'", task_id, state)


async def end_accepted_offer(tx: Tx, task_id: UUID) -> None:
    """The holder stepped back: their offer counts as declined, so that they are not asked again."""
    await tx.execute("UPDATE offer SET state = 'declined' WHERE task_id = $1 AND state = 'accepted'", task_id)


async def has_open_offers(tx: Tx, task_id: UUID) -> bool:
    return bool(
        await tx.fetchval("SELECT true FROM offer WHERE task_id = $1 AND state = 'open' LIMIT 1", task_id)
    )


async def clashing_task(tx: Tx, task: Task, volunteer_id: UUID) -> UUID | None:
    clash: UUID | None = await tx.fetchval(
        """
        SELECT id FROM task WHERE volunteer_id = $1 AND id <> $2 AND state IN ('accepted', 'checked_in')
            AND tstzrange(starts_at, ends_at) && tstzrange($3, $4) LIMIT 1
        """,
        volunteer_id,
        task.id,
        task.starts_at,
        task.ends_at,
    )
    return clash


async def open_offers_of(tx: Tx, person_id: UUID) -> list[OpenOffer]:
    rows = await tx.fetch(
        """
        SELECT o.id, o.task_id, t.unit_id, t.skill, t.starts_at, t.ends_at, o.expires_at
        FROM offer o JOIN task t ON t.id = o.task_id JOIN volunteer v ON v.id = o.volunteer_id
        WHERE v.person_id = $1 AND o.state = 'open' AND t.state = 'offered' AND o.expires_at > linli_now()
        ORDER BY t.starts_at, o.id
        """,
        person_id,
    )
    return [found for row in rows if (found := load(OpenOffer, row))]


async def hours_of(tx: Tx, person_id: UUID) -> Hours:
    row = await tx.fetchrow(
        """
        SELECT coalesce(sum(t.minutes), 0)::bigint AS confirmed_minutes, count(*) AS confirmed_tasks
        FROM task t JOIN volunteer v ON v.id = t.volunteer_id WHERE v.person_id = $1 AND t.state = 'confirmed'
        """,
        person_id,
    )
    return load(Hours, row) or Hours(0, 0)


async def page_for_staff(
    tx: Tx, codes: Sequence[str], state: State | None, limit: int, cursor: str | None
) -> tuple[list[Task], str | None]:
    states = list(State) if state is None else [state]
    rows, following = await fetch_worklist(tx, _TASK, "task", codes, states, limit=limit, cursor=cursor)
    return [task for row in rows if (task := load(Task, row))], following
