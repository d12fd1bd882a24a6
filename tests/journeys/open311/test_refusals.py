"""What cannot be done is told in the standard's words, in the format that was asked for; nothing of it changes anything."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from journeys.front_door import LIGHT, Door

from .standard import errors

FORMS = ("json", "xml")
# fmt: off
UNFIT_REPORTS: list[tuple[dict[str, Any], int, str]] = [
    ({"service_code": None}, 400, "service_code"),
    ({"service_code": "unheard_of"}, 404, "service_code"),
    ({"service_code": "errand"}, 404, "service_code"),
    ({"service_code": "x" * 100_000}, 400, "service_code"),
    ({"jurisdiction_id": "elsewhere.gov"}, 404, "jurisdiction_id"),
    ({"lat": None, "long": None}, 400, "lat"),
    ({"long": None}, 400, "lat"),
    ({"lat": "north"}, 400, "lat"),
    ({"lat": "nan"}, 400, "lat"),
    ({"lat": "inf"}, 400, "lat"),
    ({"lat": "91"}, 400, "lat"),
    ({"long": "1e400"}, 400, "long"),
    ({"description": "长" * 4001}, 400, "description"),
    ({"description": "a\x00b"}, 400, "description"),
    ({"address_string": "a\nb"}, 400, "address_string"),
    ({"api_key": "x" * 5000}, 400, "api_key"),
    ({"attribute[unasked]": "1"}, 400, "attribute[unasked]"),
    ({"attribute[a]": "x" * 5000}, 400, "attribute"),
    ({"description": "长" * 400_000}, 413, ""),
    ({f"f{n}": "" for n in range(400)}, 400, "body"),
]
UNFIT_QUESTIONS: list[tuple[dict[str, Any], int, str]] = [
    ({"start_date": "yesterday"}, 400, "start_date"),
    ({"start_date": "2026-02-30T00:00:00Z"}, 400, "start_date"),
    ({"start_date": "2026-01-01"}, 400, "start_date"),
    ({"start_date": "2026-01-01T00:00:00"}, 400, "start_date"),
    ({"end_date": "0001-01-01T00:00:00+14:00"}, 400, "end_date"),
    ({"end_date": "٢٠٢٦-01-01T00:00:00Z"}, 400, "end_date"),
    ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:01Z"}, 400, "end_date"),
    ({"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, 400, "end_date"),
    ({"status": "resolved"}, 400, "status"),
    ({"status": "open,ajar"}, 400, "status"),
    ({"jurisdiction_id": "elsewhere.gov"}, 404, "jurisdiction_id"),
    ({"jurisdiction_id": "x" * 5000}, 400, "jurisdiction_id"),
    ({"service_request_id": ",".join(map(str, range(1001)))}, 400, "service_request_id"),
    ({"x": [str(n) for n in range(300)]}, 400, ""),
]
NOWHERE = [
    "v2/services.yaml", "v2/services", "v2/services.JSON", "v2/", "v2/requests/.json",
    "v2/requests/../keys.json", "v2/requests/%2e%2e.json", "v2/tokens.json",
    "v2/requests/000-000-000.json", "v2/requests/000-000-000.xml", "v2/tokens/none.xml",
    "v2/requests/" + "9" * 5000 + ".json", "v2/requests/%ff%fe.xml",
    "v2/services/unheard_of.json", "v2/services/errand.xml", "v2/services/%e4%b8%ad.xml",
    "v2/services.json?jurisdiction_id=elsewhere.gov", "v2/services/graffiti.xml?jurisdiction_id=elsewhere.gov",
    "v2/tokens/1.json?jurisdiction_id=elsewhere.gov", "v1/services.json", "discovery.html",
    "keys.json", "v2/discovery.json",
]
NO_FORMS = [
    (b"service_code=%ff%fe", "application/x-www-form-urlencoded"),
    (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
    (b'{"service_code": "graffiti"}', "application/json"),
    (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
]
# fmt: on


async def _count(door: Door) -> int:
    async with door.requests.tx() as tx:
        return int(await tx.fetchval("SELECT count(*) FROM request"))


@pytest.mark.parametrize("form", FORMS)
async def test_without_a_good_key_nothing_is_filed(door: Door, form: str) -> None:
    gone = await door.issue()
    assert errors(await door.file(form, api_key=None), 403).startswith("api_key: ")
    assert errors(await door.file(form, api_key=""), 403) == errors(
        await door.file(form, api_key="x" * 43), 403
    )
    assert (await door.file(form, api_key=gone["api_key"])).status_code == 201
    withdrawn = await door.requests.post(f"/open311/keys/{gone['id']}/withdraw", by=door.district)
    assert withdrawn.status_code == 200
    assert errors(await door.file(form, api_key=gone["api_key"], description="另一处"), 403)
    # A token of ours is no key, and is no hindrance either: nobody signs in here.
    token = {"Authorization": f"Bearer {door.requests.token(door.worker)}"}
    answer = await door.http.post(f"/open311/v2/requests.{form}", data=LIGHT, headers=token)
    assert errors(answer, 403)
    forged = await door.http.get(f"/open311/v2/services.{form}", headers={"Authorization": "Bearer forged"})
    assert forged.status_code == 200
    assert await _count(door) == 1


async def test_the_key_stands_nowhere(door: Door) -> None:
    async with door.requests.tx() as tx:
        stored = await tx.fetchval("SELECT string_agg(k::text, '') FROM open311_key k")
        audit = await tx.fetchval("SELECT string_agg(a::text, '') FROM audit a")
        kept = await tx.fetchval(
            "SELECT coalesce(string_agg(encode(i.body, 'escape'), ''), '') FROM idempotency i"
        )
    await door.filed()
    for written in (door.key, door.key.encode().hex()):
        assert written not in stored + audit + kept
    listed = (await door.requests.get("/open311/keys", by=door.district)).text
    assert door.key not in listed
    assert "api_key" not in listed


@pytest.mark.parametrize("form", FORMS)
async def test_a_key_files_so_many_in_an_hour_and_is_told_when_to_come_again(door: Door, form: str) -> None:
    door.key = (await door.issue(per_hour=2))["api_key"]
    await door.filed(description="一")
    # What is refused does not count.
    assert errors(await door.file(form, service_code="errand"), 404)
    await door.filed(description="二")
    full = await door.file(form, description="三")
    assert errors(full, 429)
    assert 0 < int(full.headers["retry-after"]) <= 1800
    await door.requests.advance(timedelta(minutes=31))
    assert (await door.file(form, description="三")).status_code == 201
    assert await _count(door) == 3


async def test_the_same_report_sent_again_is_one_report(door: Door) -> None:
    door.key = (await door.issue(per_hour=100))["api_key"]
    answers = await asyncio.gather(*(door.file() for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await _count(door) == 1
    await door.filed(description="另一处")
    # Broken again three days later.
    await door.requests.advance(timedelta(days=3))
    await door.filed()
    assert await _count(door) == 3


async def _end(door: Door, number: str, verb: str) -> None:
    listed = (await door.requests.get("/requests?limit=100", by=door.worker)).json()["items"]
    [path] = [f"/requests/{each['id']}" for each in listed if each["case_number"] == number]
    steps = {
        "resolve": [("triage", {"route": "department"}), ("start", None), ("resolve", None)],
        "reject": [("reject", {"reason": "不属实"})],
        "merge": [("merge", {"into": next(each["id"] for each in listed if each["case_number"] != number)})],
    }
    for name, body in steps[verb]:
        answer = await door.requests.post(f"{path}/{name}", json=body, by=door.worker)
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("verb", ["resolve", "reject", "merge"])
@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=20)])
async def test_what_has_ended_swallows_no_new_report(door: Door, verb: str, later: timedelta) -> None:
    door.key = (await door.issue(per_hour=100))["api_key"]
    other = await door.filed(description="另一处")
    numbers = [await door.filed()]
    for _ in range(2):
        await _end(door, numbers[-1], verb)
        await door.requests.advance(later)
        again = [await door.filed() for _ in range(2)]
        assert len(set(again)) == 1, "what is open is one report"
        numbers.append(again[0])
    assert len({*numbers, other}) == 4


async def test_a_key_of_the_same_name_is_another(door: Door) -> None:
    first = await door.filed()
    old = next(each for each in (await door.requests.get("/open311/keys", by=door.district)).json())
    await door.requests.post(f"/open311/keys/{old['id']}/withdraw", by=door.district)
    door.key = (await door.issue(name=old["name"]))["api_key"]
    assert await door.filed() != first
    async with door.requests.tx() as tx:
        sources = [row["source"] for row in await tx.fetch("SELECT source FROM request ORDER BY id")]
    assert (len(set(sources)), sources[0]) == (2, f"open311/{old['id']}")


async def test_a_report_that_cannot_be_filed_is_told_why(door: Door) -> None:
    for form in FORMS:
        for fields, status, named in UNFIT_REPORTS:
            assert named in errors(await door.file(form, **fields), status), str(fields)[:100]
    assert await _count(door) == 0


async def test_a_question_that_makes_no_sense_is_told_why(door: Door) -> None:
    for form in FORMS:
        for query, status, named in UNFIT_QUESTIONS:
            assert named in errors(await door.get(f"requests.{form}", **query), status), str(query)[:100]
        assert (await door.get(f"requests.{form}", service_code="\x00")).status_code == 200


async def test_what_is_not_there_is_404_in_the_format_that_was_asked(door: Door) -> None:
    for path in NOWHERE:
        errors(await door.http.get(f"/open311/{path}"), 404)
    errors(await door.http.get("/open311/v2/requests/%00.json"), 400)


async def test_what_the_standard_does_not_do_is_refused(door: Door) -> None:
    for method, path in (
        ("PUT", "v2/requests.json"),
        ("DELETE", "v2/requests.xml"),
        ("POST", "discovery.json"),
    ):
        errors(await door.http.request(method, f"/open311/{path}"), 400)


async def test_what_is_no_form_is_refused(door: Door) -> None:
    for content, kind in NO_FORMS:
        answer = await door.http.post(
            "/open311/v2/requests.xml", content=content, headers={"Content-Type": kind}
        )
        assert "表单" in errors(answer, 400)


@pytest.mark.parametrize("form", FORMS)
async def test_a_service_that_is_away_is_told_with_a_time_to_come_back(door: Door, form: str) -> None:
    clients = door.gateway.kit.state["clients"]
    clients["resident_requests"] = replace(clients["resident_requests"], base_url="http://127.0.0.1:1")
    answer = await door.get(f"services.{form}")
    assert errors(answer, 503)
    assert int(answer.headers["retry-after"]) > 0


async def test_what_is_told_is_in_the_language_that_was_asked(door: Door) -> None:
    english = await door.http.get("/open311/v2/services/x.json", headers={"Accept-Language": "en"})
    chinese = await door.http.get("/open311/v2/services/x.json")
    assert (errors(english, 404), errors(chinese, 404)) == (
        "service_code: There is no service x.",
        "service_code: 没有服务类别“x”。",
    )
