"""Pictures of a request: seen by whoever sees it, sealed where they lie, and only a few."""

import asyncio
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from event_contracts.community_registry import ConsentRecorded, UnitOpened, UnitPlaced
from event_contracts.volunteer_matching import TaskAccepted
from platform_kit.auth import Caller
from platform_kit.problems import LANGUAGES
from resident_requests.rules.attachments import MOST_ATTACHMENTS

from .conftest import Neighbourhood

TRACE = "taken at home"


def picture(form: str = "JPEG", size: tuple[int, int] = (60, 30)) -> bytes:
    written = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = TRACE
    Image.new("RGB", size, "red").save(written, form, exif=exif)
    return written.getvalue()


async def _attach(here: Neighbourhood, request: Any, by: Caller | None = None, **more: Any) -> Any:
    more.setdefault("content", picture())
    more.setdefault("headers", {"Content-Type": "image/jpeg"})
    path = f"/requests/{request['id']}/attachments"
    return await here.service.post(path, by=by or here.resident, **more)


async def test_a_picture_is_kept_and_shown_to_whoever_sees_the_request(here: Neighbourhood) -> None:
    request = await here.submit()
    made = await _attach(here, request, params={"name": "C:\\门口.JPEG"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["number"], told["kind"]) == (1, "image/jpeg")
    assert (told["width"], told["height"]) == (60, 30)
    for by in (here.resident, here.daughter, here.worker):
        [listed] = (await here.service.get(f"/requests/{request['id']}/attachments", by=by)).json()
        assert listed == {**told, "name": "门口.jpg"}
        shown = await here.service.get(f"/requests/{request['id']}/attachments/1", by=by)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert len(shown.content) == told["size"]
        assert TRACE.encode() not in shown.content
        assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''%E9%97%A8%E5%8F%A3.jpg"
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["x-content-type-options"] == "nosniff"
        with Image.open(BytesIO(shown.content)) as kept:
            assert kept.size == (60, 30)


async def test_the_audit_says_for_whom_a_picture_or_a_comment_is(here: Neighbourhood) -> None:
    """Also when somebody else adds it."""
    request = await here.submit()
    assert (await _attach(here, request, here.worker)).status_code == 201
    said = await here.service.post(
        f"/requests/{request['id']}/comments", json={"words": "谢谢"}, by=here.daughter
    )
    assert said.status_code == 201
    rows = await here.service.audited("add_attachment", "add_comment")
    assert [row["actor"] for row in rows] == [here.worker.subject, here.daughter.subject]
    assert [row["subject"] for row in rows] == [here.resident.subject] * 2
    assert [row["object"]["request_id"] for row in rows] == [request["id"]] * 2


async def _elsewhere(here: Neighbourhood, posted: Caller) -> Any:
    """What the worker of the home wrote down for a resident, and lies in the next community."""
    there = uuid4()
    opened = UnitOpened(
        unit_id=there, parent_id=None, kind="community", code="01/02/004", name="x", zone="Asia/Shanghai"
    )
    ring = ((114.1, 30.0), (114.2, 30.0), (114.2, 30.1), (114.1, 30.1), (114.1, 30.0))
    placed = UnitPlaced(unit_id=there, boundary=((ring,),), location=None)
    await here.service.deliver("registry_replica", opened, placed)
    body = {"category": "graffiti", "words": "墙上", "resident_id": str(here.resident.subject), "channel": "visit",
            "place": {"longitude": 114.15, "latitude": 30.05}}  # fmt: skip
    filed = await here.service.post("/requests", json=body, by=posted)
    assert (filed.status_code, filed.json()["unit_id"]) == (201, str(there)), filed.text
    return filed.json()


async def test_who_wrote_it_down_adds_what_they_saw_wherever_it_lies_and_is_shown_nothing_of_it(
    here: Neighbourhood,
) -> None:
    request = await _elsewhere(here, here.worker)
    added = await _attach(here, request, here.worker)
    assert added.status_code == 201, added.text
    for path in ("", "/attachments", "/attachments/1"):
        answer = await here.service.get(f"/requests/{request['id']}{path}", by=here.worker)
        assert answer.status_code == 404, path
    [shown] = (await here.service.get(f"/requests/{request['id']}/attachments", by=here.resident)).json()
    assert shown["number"] == 1
    colleague = here.service.caller(posts=[("worker", here.unit, "01/02/003")])
    assert (await _attach(here, request, colleague)).status_code == 404, "who did not write it down"
    gone = here.service.caller("resident", subject=here.worker.subject)
    assert (await _attach(here, request, gone)).status_code == 404, "who is not of the staff any more"


async def test_who_was_given_it_adds_what_they_saw(here: Neighbourhood) -> None:
    request = await here.triaged("volunteers")
    posted = here.service.caller(posts=[("worker", uuid4(), "01/02/004")])
    task = {"task_id": uuid4(), "request_id": UUID(request["id"]), "unit_id": here.unit,
            "resident_id": here.resident.subject, "offer_id": uuid4()}  # fmt: skip
    assert (await _attach(here, request, posted)).status_code == 404
    accepted = TaskAccepted(**task, volunteer_id=uuid4(), person_id=posted.subject)
    await here.service.deliver("tasks", accepted)
    assert (await _attach(here, request, posted)).status_code == 201
    volunteer = here.service.caller("volunteer", subject=posted.subject)
    assert (await _attach(here, request, volunteer)).status_code == 403, "a volunteer's way is their task"


@pytest.mark.parametrize("what", ["attachments", "comments", "answer"])
async def test_a_worker_of_elsewhere_whom_the_resident_lets_acts_as_they_do(
    here: Neighbourhood, what: str
) -> None:
    posted = here.service.caller(posts=[("worker", uuid4(), "01/02/004")])
    request = await here.submit()
    path = f"/requests/{request['id']}"
    for verb, body in (("triage", {"route": "community"}), ("start", None), ("ask", {"words": "几楼?"})):
        await here.service.post(f"{path}/{verb}", json=body, by=here.worker)

    async def act() -> Any:
        if what == "attachments":
            return await _attach(here, request, posted)
        return await here.service.post(f"{path}/{what}", json={"words": "三楼"}, by=posted)

    assert (await act()).status_code == 404
    consent = ConsentRecorded(resident_id=here.resident.subject, delegate_id=posted.subject, until_on=None)
    await here.service.deliver("registry_replica", consent)
    assert (await act()).status_code in (200, 201)


async def test_nobody_else_sees_adds_or_learns_anything(here: Neighbourhood) -> None:
    request = await here.submit()
    await _attach(here, request)
    elsewhere = here.service.caller(posts=[("worker", uuid4(), "01/02/004")])
    for by in (here.service.caller("resident"), elsewhere):
        assert (await _attach(here, request, by)).status_code == 404
        for path in ("attachments", "attachments/1"):
            assert (await here.service.get(f"/requests/{request['id']}/{path}", by=by)).status_code == 404
    assert (await here.service.get(f"/requests/{request['id']}/attachments/1")).status_code == 401
    assert (await _attach(here, request, here.service.caller("auditor"))).status_code == 403
    assert (
        len((await here.service.get(f"/requests/{request['id']}/attachments", by=here.resident)).json()) == 1
    )


async def test_it_lies_sealed(here: Neighbourhood) -> None:
    request = await here.submit()
    await _attach(here, request, params={"name": "客厅.jpg"})
    async with here.service.tx() as tx:
        [row] = await tx.fetch("SELECT name, content FROM attachment")
    assert "客厅".encode() not in row["name"]
    for trace in (b"JFIF", b"\xff\xd8\xff", b"/9j/"):
        assert trace not in row["content"]


async def test_there_are_six_and_no_more_whoever_is_first(here: Neighbourhood) -> None:
    request = await here.submit()
    answers = await asyncio.gather(*(_attach(here, request) for _ in range(MOST_ATTACHMENTS + 3)))
    made = sorted(each.json()["number"] for each in answers if each.status_code == 201)
    assert made == [1, 2, 3, 4, 5, 6]
    full = [each for each in answers if each.status_code != 201]
    assert {each.json()["type"] for each in full} == {"/problems/attachments-full"}
    assert (
        await here.service.get(f"/requests/{request['id']}/attachments/7", by=here.resident)
    ).status_code == 422


async def test_the_same_upload_again_is_one_picture(here: Neighbourhood) -> None:
    request = await here.submit()
    first = await _attach(here, request, key="one")
    assert (await _attach(here, request, key="one")).content == first.content
    assert (await _attach(here, request, key="one", content=picture(size=(2, 2)))).status_code == 422
    assert (
        len((await here.service.get(f"/requests/{request['id']}/attachments", by=here.resident)).json()) == 1
    )


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 415),
        (b"<svg/>", 415),
        (picture("PNG")[: len(picture("PNG")) // 2], 422),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, 422),
    ],
)
async def test_what_is_no_picture_is_refused_whatever_it_calls_itself(
    here: Neighbourhood, content: bytes, status: int
) -> None:
    request = await here.submit()
    for language in LANGUAGES:
        headers = {"Content-Type": "image/png", "Accept-Language": language}
        answer = await _attach(here, request, content=content, headers=headers)
        assert answer.status_code in (status, 415)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_its_kind_is_what_it_is_and_not_what_it_says(here: Neighbourhood) -> None:
    request = await here.submit()
    answer = await _attach(here, request, content=picture("PNG"), params={"name": "a.exe"})
    assert answer.json()["kind"] == "image/png"
    [listed] = (await here.service.get(f"/requests/{request['id']}/attachments", by=here.resident)).json()
    assert (listed["kind"], listed["name"]) == ("image/png", "a.png")


async def test_eight_mebibytes_are_taken_and_not_a_byte_more(here: Neighbourhood) -> None:
    request = await here.submit()
    large = picture() + b"\0" * (8 * 1024 * 1024 - len(picture()))
    assert (await _attach(here, request, content=large)).status_code == 201
    assert (await _attach(here, request, content=large + b"\0")).status_code == 413


async def test_what_is_over_gets_no_more_pictures(here: Neighbourhood) -> None:
    request = await here.submit()
    await here.service.post(f"/requests/{request['id']}/withdraw", by=here.resident)
    answer = await _attach(here, request)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")


async def test_nothing_is_decoded_for_whoever_may_not_add_it(here: Neighbourhood) -> None:
    """What is no picture is told so (415) only where a picture would be taken."""
    request, junk = await here.submit(), {"content": b"<svg/>"}
    stranger = await _attach(here, request, here.service.caller("resident"), **junk)
    unknown = await _attach(here, {"id": str(uuid4())}, **junk)
    assert (stranger.status_code, stranger.json()) == (404, unknown.json())
    assert (await _attach(here, {"id": "nothing"}, **junk)).status_code == 422
    assert (await _attach(here, request, **junk)).status_code == 415
    for _ in range(MOST_ATTACHMENTS):
        assert (await _attach(here, request)).status_code == 201
    full = await _attach(here, request, **junk)
    assert (full.status_code, full.json()["type"]) == (409, "/problems/attachments-full")
    over = await here.submit()
    await here.service.post(f"/requests/{over['id']}/withdraw", by=here.resident)
    refused = await _attach(here, over, **junk)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")
    rows = await here.service.audited("add_attachment")
    assert [row["status"] for row in rows if row["outcome"] != "done"] == [404, 404, 409, 409]


async def test_the_same_upload_again_is_answered_without_asking_whether_one_more_is_taken(
    here: Neighbourhood,
) -> None:
    request = await here.submit()
    first = await _attach(here, request, key="one")
    await here.service.post(f"/requests/{request['id']}/withdraw", by=here.resident)
    again = await _attach(here, request, key="one")
    assert (again.status_code, again.content) == (201, first.content)
