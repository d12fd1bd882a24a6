"""Sealed values open for their purpose and their person alone, under keys that may change hands."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from cryptography.exceptions import InvalidTag

from platform_kit import key_providers, sealing
from platform_kit.key_providers import FileKeks, KmsWebhook, UnknownKek, Wrapped
from platform_kit.problems import Unavailable
from platform_kit.sealing import Erased, Sealer, StoredKey, SubjectKey

SERVICE_KEY = bytes(range(32))
OLD, NEW = os.urandom(32), os.urandom(32)


class Counted(FileKeks):
    """How often somebody had to be asked for a key."""

    asked = 0

    async def unwrap(self, subject: UUID, wrapped: Wrapped) -> bytes:
        self.asked += 1
        return await super().unwrap(subject, wrapped)


def _sealer() -> Sealer:
    return Sealer(SERVICE_KEY, Counted({"old": OLD}, "old"))


async def _somebody(sealer: Sealer) -> SubjectKey:
    return await sealer.key(await sealer.new_key(uuid4()))


async def test_a_value_opens_for_its_purpose_and_its_person_alone() -> None:
    sealer = _sealer()
    one, other = await _somebody(sealer), await _somebody(sealer)
    sealed = one.seal("13800138000", for_="resident.phone")
    assert one.open(sealed, for_="resident.phone") == "13800138000"
    with pytest.raises(InvalidTag):
        one.open(sealed, for_="resident.name")
    with pytest.raises(InvalidTag):
        other.open(sealed, for_="resident.phone")


async def test_a_value_is_bound_to_its_person_even_under_the_same_data_key() -> None:
    sealer = _sealer()
    key = os.urandom(32)
    keks = FileKeks({"old": OLD}, "old")
    opened = []
    for subject in (uuid4(), uuid4()):
        opened.append(await sealer.key(StoredKey(subject, (await keks.wrap(subject, key)).wrapped, "old")))
    sealed = opened[0].seal("x", for_="a")
    with pytest.raises(InvalidTag):
        opened[1].open(sealed, for_="a")


@pytest.mark.parametrize("place", [0, 1, 12, 13, -1])
async def test_changed_bytes_do_not_open(place: int) -> None:
    key = await _somebody(_sealer())
    sealed = bytearray(key.seal("11010119900307803X", for_="resident.id_number"))
    sealed[place] ^= 1 if place else 4
    with pytest.raises(InvalidTag):
        key.open(bytes(sealed), for_="resident.id_number")


async def test_the_same_text_is_sealed_differently_each_time() -> None:
    key = await _somebody(_sealer())
    assert key.seal("x", for_="a") != key.seal("x", for_="a")


async def test_what_was_sealed_before_people_had_keys_still_opens() -> None:
    sealer = _sealer()
    old = sealer.seal("王秀英", for_="resident.name")
    for key in (await _somebody(sealer), await sealer.key(StoredKey(uuid4(), None, None))):
        assert key.open(old, for_="resident.name") == "王秀英"


async def test_of_an_erased_person_nothing_opens_and_nothing_is_sealed() -> None:
    sealer = _sealer()
    key = await _somebody(sealer)
    values = key.seal("x", for_="a"), sealer.seal("x", for_="a")
    erased = await sealer.key(StoredKey(key.stored.subject, b"", ""))
    assert [erased.open(value, for_="a") for value in values] == [None, None]
    with pytest.raises(Erased):
        erased.seal("y", for_="a")


async def test_a_wrapped_key_moved_to_another_persons_row_does_not_open() -> None:
    sealer = _sealer()
    stored = await sealer.new_key(uuid4())
    with pytest.raises(InvalidTag):
        await sealer.key(StoredKey(uuid4(), stored.wrapped, stored.kek))


async def test_an_opened_key_is_remembered_for_minutes_and_only_so_many_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider = Counted({"old": OLD}, "old")
    sealer = Sealer(SERVICE_KEY, provider)
    monkeypatch.setattr(sealing, "REMEMBERED", 2)
    clock = [1000.0]
    monkeypatch.setattr(sealing.time, "monotonic", lambda: clock[0])
    first, second, third = [await sealer.new_key(uuid4()) for _ in range(3)]
    for key in (first, second, first, first):
        await sealer.key(key)
    assert provider.asked == 2
    await sealer.key(third)
    await sealer.key(first)
    assert provider.asked == 3, "the one that was not used for longest goes"
    await sealer.key(second)
    assert provider.asked == 4
    clock[0] += sealing.REMEMBER_SECONDS + 1
    await sealer.key(second)
    assert provider.asked == 5


async def test_a_kek_is_followed_by_another_while_both_open() -> None:
    before = Sealer(SERVICE_KEY, FileKeks({"old": OLD}, "old"))
    stored = await before.new_key(uuid4())
    sealed = (await before.key(stored)).seal("x", for_="a")
    both = Sealer(SERVICE_KEY, FileKeks({"old": OLD, "new": NEW}, "new"))
    assert both.provider.retired == ("old",)
    assert (await both.key(stored)).open(sealed, for_="a") == "x"
    anew = await both.rewrapped(stored)
    assert anew.kek == "new"
    after = Sealer(SERVICE_KEY, FileKeks({"new": NEW}, "new"))
    assert (await after.key(anew)).open(sealed, for_="a") == "x"
    with pytest.raises(UnknownKek):
        await after.key(stored)


def test_the_file_of_keks_names_the_current_one(tmp_path: Path) -> None:
    path = tmp_path / "keks.json"
    keks = {"a": base64.b64encode(OLD).decode(), "b": base64.b64encode(NEW).decode()}
    path.write_text(json.dumps({"current": "b", "keks": keks}))
    assert FileKeks.from_file(path).retired == ("a",)
    path.write_text(json.dumps({"current": "c", "keks": keks}))
    with pytest.raises(ValueError, match="not among the keys"):
        FileKeks.from_file(path)


@asynccontextmanager
async def _kms(*, slow: float = 0, status: int = 200) -> AsyncIterator[tuple[str, list[Any]]]:
    """A key service with one KEK, on a port of its own."""
    keks, asked = FileKeks({"kms-7": OLD}, "kms-7"), []

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        asked.append((request.path, request.headers.get("Authorization"), body))
        await asyncio.sleep(slow)
        if status != 200:
            return web.Response(status=status)
        subject = UUID(body["subject"])
        if request.path.endswith("/wrap"):
            wrapped = await keks.wrap(subject, base64.b64decode(body["key"]))
            return web.json_response(
                {"kek": wrapped.kek, "wrapped": base64.b64encode(wrapped.wrapped).decode()}
            )
        key = await keks.unwrap(subject, Wrapped(body["kek"], base64.b64decode(body["wrapped"])))
        return web.json_response({"key": base64.b64encode(key).decode()})

    app = web.Application()
    app.router.add_post("/v1/{verb}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1", asked
    finally:
        await runner.cleanup()


async def test_a_kms_wraps_and_unwraps_for_whoever_has_its_token() -> None:
    async with _kms() as (url, asked):
        provider = KmsWebhook(url, "secret token")
        sealer = Sealer(SERVICE_KEY, provider)
        stored = await sealer.new_key(uuid4())
        assert stored.kek == "kms-7"
        sealed = (await sealer.key(stored)).seal("x", for_="a")
        again = Sealer(SERVICE_KEY, provider)
        assert (await again.key(stored)).open(sealed, for_="a") == "x"
        await provider.close()
        assert [path for path, _, _ in asked] == ["/v1/wrap", "/v1/unwrap", "/v1/unwrap"]
        assert {token for _, token, _ in asked} == {"Bearer secret token"}


@pytest.mark.parametrize("kms", [{"slow": 5.0}, {"status": 500}, {"status": 403}])
async def test_a_kms_that_is_slow_or_refuses_is_unavailable_in_time(
    kms: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_providers, "KMS_SECONDS", 0.2)
    async with _kms(**kms) as (url, _):
        provider = KmsWebhook(url, "t")
        with pytest.raises(Unavailable):
            async with asyncio.timeout(2):
                await provider.wrap(uuid4(), os.urandom(32))
        await provider.close()


async def test_a_kms_that_is_not_there_is_unavailable() -> None:
    provider = KmsWebhook("http://127.0.0.1:1", "t")
    with pytest.raises(Unavailable):
        await provider.unwrap(uuid4(), Wrapped("k", b"x"))
    await provider.close()
