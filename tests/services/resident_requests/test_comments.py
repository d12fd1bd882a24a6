"""What is said about a request: both ways, sealed, and the notes of staff shown to staff alone."""

from typing import Any

import pytest

from event_contracts.resident_requests import RequestCommented
from platform_kit.acting import acting_for
from platform_kit.auth import Caller

from .conftest import Neighbourhood


async def _say(here: Neighbourhood, request: Any, by: Caller, words: str, **more: Any) -> Any:
    return await here.service.post(
        f"/requests/{request['id']}/comments", json={"words": words, **more}, by=by
    )


async def _heard(here: Neighbourhood, request: Any, by: Caller) -> list[tuple[str, str]]:
    answer = await here.service.get(f"/requests/{request['id']}/comments", by=by)
    assert answer.status_code == 200, answer.text
    return [(item["kind"], item["words"]) for item in answer.json()["items"]]


async def test_both_sides_speak_and_hear_each_other_in_order(here: Neighbourhood) -> None:
    request = await here.submit()
    for by, words in ((here.resident, "还没有人来"), (here.worker, "明天上午"), (here.daughter, "谢谢")):
        assert (await _say(here, request, by, words)).status_code == 201
    said = [("from_resident", "还没有人来"), ("from_staff", "明天上午"), ("from_resident", "谢谢")]
    for by in (here.resident, here.daughter, here.worker):
        assert await _heard(here, request, by) == said
    events = await here.service.published(RequestCommented)
    assert [(e.data.side, e.data.author_id) for e in events] == [
        ("resident", here.resident.subject), ("staff", here.worker.subject), ("resident", here.daughter.subject),
    ]  # fmt: skip
    assert "明天" not in repr(events)


async def test_a_note_among_staff_is_seen_by_staff_alone_and_is_no_event(here: Neighbourhood) -> None:
    request = await here.submit()
    assert (await _say(here, request, here.worker, "家中有大狗", internal=True)).status_code == 201
    assert await _heard(here, request, here.worker) == [("note", "家中有大狗")]
    for by in (here.resident, here.daughter):
        assert await _heard(here, request, by) == []
    assert await here.service.published(RequestCommented) == []
    held = (await here.service.get("/me/data/requests", by=here.resident)).text
    assert "大狗" not in held
    # Nor does the database show it to them, whatever is asked.
    async with here.service.tx(acting_for(here.resident)) as tx:
        assert await tx.fetchval("SELECT count(*) FROM comment") == 0


async def test_a_resident_keeps_no_note_from_the_staff(here: Neighbourhood) -> None:
    request = await here.submit()
    answer = await _say(here, request, here.resident, "x", internal=True)
    assert answer.status_code == 403
    assert [error["path"] for error in answer.json()["errors"]] == ["internal"]
    assert await _heard(here, request, here.worker) == []


async def test_what_is_said_is_sealed_at_rest_and_among_what_is_held_about_the_resident(
    here: Neighbourhood,
) -> None:
    request = await here.submit()
    await _say(here, request, here.resident, "我的胰岛素用完了")
    async with here.service.tx() as tx:
        assert "胰岛素" not in str(await tx.fetch("SELECT c::text FROM comment c"))
    held = (await here.service.get("/me/data/requests", by=here.resident)).text
    assert "我的胰岛素用完了" in held


@pytest.mark.parametrize("words", ["", "x" * 4001, "a\u0000b"])
async def test_words_are_words(here: Neighbourhood, words: str) -> None:
    answer = await _say(here, await here.submit(), here.resident, words)
    assert [error["path"] for error in answer.json()["errors"]] == ["words"]


async def test_pages_lose_and_repeat_nothing(here: Neighbourhood) -> None:
    request = await here.submit()
    for number in range(5):
        await _say(here, request, here.worker, str(number), internal=number % 2 == 1)
    seen: list[str] = []
    path = f"/requests/{request['id']}/comments?limit=2"
    page = (await here.service.get(path, by=here.resident)).json()
    while True:
        seen += [item["words"] for item in page["items"]]
        if page["next"] is None:
            break
        page = (await here.service.get(f"{path}&cursor={page['next']}", by=here.resident)).json()
    assert seen == ["0", "2", "4"]
