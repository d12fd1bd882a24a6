"""People's data keys in a service's database: made once, wrapped anew, destroyed for good."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from platform_kit.audit import Entry
from platform_kit.housekeeping import Housekeeping
from platform_kit.idempotency import StoredAnswer, earlier_answer, keep_answer
from platform_kit.key_providers import FileKeks
from platform_kit.sealing import Erased, Sealer
from platform_kit.subject_keys import erase_subject, subject_key, subject_keys
from platform_kit.testing import ServiceUnderTest, service_under_test


@pytest.fixture
async def keeper(servers: Any) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test("volunteer_matching", servers.postgres_dsn) as service:
        yield service


async def test_two_who_make_a_key_at_once_seal_with_the_same_one(keeper: ServiceUnderTest) -> None:
    """The first has not committed yet when the second wants one: it must wait, and get the first one's."""
    subject, sealer = uuid4(), keeper.kit.sealer
    made = asyncio.Event()

    async def first() -> bytes:
        async with keeper.tx() as tx:
            sealed = (await subject_key(tx, sealer, subject)).seal("first", for_="a")
            made.set()
            async with keeper.tx() as other:
                while not await other.fetchval(
                    "SELECT true FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                ):
                    await asyncio.sleep(0.01)
                    await other.execute("SELECT pg_stat_clear_snapshot()")
            return sealed

    async def second() -> bytes:
        await made.wait()
        async with keeper.tx() as tx:
            return (await subject_key(tx, sealer, subject)).seal("second", for_="a")

    sealed = await asyncio.gather(first(), second())
    async with keeper.tx() as tx:
        key = (await subject_keys(tx, sealer, [subject]))[subject]
    assert [key.open(each, for_="a") for each in sealed] == ["first", "second"]


async def test_an_erased_key_is_gone_also_for_the_process_that_had_opened_it(
    keeper: ServiceUnderTest,
) -> None:
    subject, sealer = uuid4(), keeper.kit.sealer
    async with keeper.tx() as tx:
        sealed = (await subject_key(tx, sealer, subject)).seal("x", for_="a")
    async with keeper.tx() as tx:
        await erase_subject(tx, subject)
    async with keeper.tx() as tx:
        key = (await subject_keys(tx, sealer, [subject]))[subject]
        assert key.open(sealed, for_="a") is None
        with pytest.raises(Erased):
            await subject_key(tx, sealer, subject)


async def test_who_was_erased_before_they_had_a_key_gets_none_afterwards(keeper: ServiceUnderTest) -> None:
    subject = uuid4()
    async with keeper.tx() as tx:
        await erase_subject(tx, subject)
        with pytest.raises(Erased):
            await subject_key(tx, keeper.kit.sealer, subject)


async def test_erasing_empties_the_stored_answers_by_and_about_a_person_and_no_others(
    keeper: ServiceUnderTest,
) -> None:
    subject, worker, other = (str(uuid4()) for _ in range(3))
    async with keeper.tx() as tx:
        for principal, key, body in (
            (subject, "by", "{}"),
            (worker, "about", f'{{"id":"{subject}","name":"王**"}}'),
            (worker, "another", f'{{"id":"{other}"}}'),
        ):
            answer = StoredAnswer(201, {}, body.encode())
            await keep_answer(tx, principal, key, b"print", answer, Entry(operation="x"))
        await erase_subject(tx, UUID(subject))
        found = [
            await earlier_answer(tx, principal, key, b"print")
            for principal, key in ((subject, "by"), (worker, "about"), (worker, "another"))
        ]
    assert [answer and (answer.status, answer.body) for answer in found] == [
        (201, None),
        (201, None),
        (201, f'{{"id":"{other}"}}'.encode()),
    ]


async def test_housekeeping_wraps_keys_anew_until_the_old_kek_can_go(keeper: ServiceUnderTest) -> None:
    service_key, old, new = (os.urandom(32) for _ in range(3))
    before = Sealer(service_key, FileKeks({"old": old}, "old"))
    subjects = [uuid4() for _ in range(450)]
    async with keeper.tx() as tx:
        sealed = {each: (await subject_key(tx, before, each)).seal("x", for_="a") for each in subjects}
        await erase_subject(tx, subjects[0])
    keeper.kit.sealer = Sealer(service_key, FileKeks({"old": old, "new": new}, "new"))
    await Housekeeping(keeper.kit).tidy()
    after = Sealer(service_key, FileKeks({"new": new}, "new"))
    async with keeper.tx() as tx:
        keys = await subject_keys(tx, after, subjects)
    opened = [keys[each].open(sealed[each], for_="a") for each in subjects]
    assert opened == [None, *["x"] * 449]


async def test_a_list_brings_everybodys_key_and_says_who_has_none(keeper: ServiceUnderTest) -> None:
    known, unknown = uuid4(), uuid4()
    sealer = keeper.kit.sealer
    async with keeper.tx() as tx:
        sealed = (await subject_key(tx, sealer, known)).seal("x", for_="a")
        keys = await subject_keys(tx, sealer, [known, unknown, known])
    assert keys[known].open(sealed, for_="a") == "x"
    assert keys[unknown].open(sealed, for_="a") is None
