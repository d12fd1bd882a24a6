"""What everybody sees of a request, and what nobody does: K9 and its kind."""

from typing import Any

from event_contracts.community_registry import ResidentErased
from journeys.front_door import Door

from .standard import read

HERE = {"latitude": 30.123456, "longitude": 114.654321, "address": "幸福路7号2单元301"}
LINE = {
    "srnumber": "1-100", "requesttype": "Encampment", "status": "Open", "createddate": "1/1/26 0:23", "latitude": "30.5",
    "longitude": "114.5", "address": "700 block E 43RD PL", "nc": "7",
}  # fmt: skip


async def _everything(door: Door, number: str) -> str:
    """All that the front door tells of a number, in every way of asking."""
    answers = [
        await door.get(f"{path}.{form}", **query)
        for form in ("json", "xml")
        for path, query in (
            ("requests", {}), ("requests", {"service_request_id": number}), (f"requests/{number}", {}), (f"tokens/{number}", {}),
            ("requests", {"status": "open"}), ("requests", {"service_code": "encampment,errand,graffiti,streetlight"}),
        )
    ]  # fmt: skip
    return "\n".join(answer.text for answer in answers)


async def _imported(door: Door, **values: str) -> str:
    source = {
        "zone": "Asia/Shanghai", "categories": {"Encampment": "encampment", "Graffiti": "graffiti"},
        "states": {"Open": "submitted"}, "areas": {"7": str(door.unit)},
    }  # fmt: skip
    assert (await door.requests.put("/import-sources/city", json=source, by=door.worker)).status_code == 200
    body = {"source": "city", "rows": [{"line": 2, "values": {**LINE, **values}}]}
    answer = await door.requests.post("/requests/import", json=body, by=door.worker)
    assert answer.json()["imported"] == 1, answer.text
    return str(answer.json()["rows"][0]["case_number"])


async def test_a_private_request_is_nowhere_whatever_way_it_came(door: Door) -> None:
    for number in (await _imported(door), (await door.submit("errand", place=HERE))["case_number"]):
        told = await _everything(door, number)
        assert f">{number}<" not in told.replace("There is no", "")
        assert f'"{number}"' not in told
        assert "43RD" not in told
    async with door.requests.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM public_report") == 0


async def test_an_imported_report_of_a_public_category_is_shown(door: Door) -> None:
    number = await _imported(door, requesttype="Graffiti")
    [report] = read(await door.get(f"requests/{number}.xml"), "requests")
    assert (report["address"], report["service_code"], report["description"]) == (
        LINE["address"],
        "graffiti",
        None,
    )


async def test_of_a_residents_request_only_what_and_about_where_is_shown(door: Door) -> None:
    request = await door.submit("streetlight", place=HERE)
    [report] = read(await door.get(f"requests/{request['case_number']}.json"), "requests")
    assert (report["description"], report["address"]) == (None, None)
    assert (report["lat"], report["long"]) == (30.123, 114.654)
    told = await _everything(door, request["case_number"])
    for secret in ("在我家门口", "301", "30.1234", str(door.resident.subject), request["id"]):
        assert secret not in told


async def test_what_staff_say_is_not_shown(door: Door) -> None:
    request = await door.submit("streetlight", place=HERE)
    words = {"reason": "居民误报,其子女已道歉"}
    answer = await door.requests.post(f"/requests/{request['id']}/reject", json=words, by=door.worker)
    assert answer.status_code == 200
    told = await _everything(door, request["case_number"])
    assert request["case_number"] in told
    assert "误报" not in told


async def test_who_reports_by_an_application_is_not_kept(door: Door) -> None:
    person = {
        "email": "chen@example.org", "first_name": "静怡", "last_name": "欧阳", "phone": "13812345678", "device_id": "dev-77",
        "account_id": "acc-88", "media_url": "https://pictures.example.org/chen.jpg",
    }  # fmt: skip
    number = await door.filed(**person)
    [request] = (await door.requests.get("/requests", by=door.worker)).json()["items"]
    seen = (await door.requests.get(f"/requests/{request['id']}", by=door.worker)).text
    told = await _everything(door, number)
    for value in person.values():
        assert value not in seen + told


async def test_what_reaches_a_person_is_left_out_of_the_words(door: Door) -> None:
    for words in (
        "请联系 138 1234 5678 陈先生", "mail chen@example.org", "身份证 11010519491231002X", "tel +86-27-8888-1234", "QQ:12345678",
        "电话138.1234.5678", "138——1234——5678", "一三八一二三四五六七八", "chen\uff20example.org",
    ):  # fmt: skip
        number = await door.filed(description=words, address_string=f"桥头 {words}")
        [report] = await door.listed(service_request_id=number)
        assert "…" in report["description"]
        assert "…" in report["address"]
        for value in ("1234", "example", "19491231", "8888", "二三四"):
            assert value not in report["description"] + report["address"]


async def test_a_category_that_becomes_private_takes_all_of_its_requests_with_it(door: Door) -> None:
    number = await door.filed()
    await door.set_category("streetlight", private=True)
    assert number not in await _everything(door, number)
    # What was filed meanwhile stays private when it is public again.
    meanwhile = (await door.submit("streetlight"))["case_number"]
    await door.set_category("streetlight")
    assert [each["service_request_id"] for each in await door.listed()] == [number]
    assert f'"{meanwhile}"' not in await _everything(door, meanwhile)


async def test_staff_take_a_report_off_and_it_stays_off(door: Door) -> None:
    number = await door.filed(description="王某某偷的")
    [request] = (await door.requests.get("/requests", by=door.worker)).json()["items"]
    stranger = door.requests.caller(posts=[("worker", door.unit, "09/09/009")])
    assert (await door.requests.post(f"/requests/{request['id']}/withhold", by=stranger)).status_code == 404
    assert number in await _everything(door, number)
    answer = await door.requests.post(f"/requests/{request['id']}/withhold", by=door.worker)
    assert answer.status_code == 200, answer.text
    triage = await door.requests.post(
        f"/requests/{request['id']}/triage", json={"route": "community"}, by=door.worker
    )
    assert triage.status_code == 200
    assert await door.listed() == []
    assert "王某某" not in await _everything(door, number)
    seen = (await door.requests.get(f"/requests/{request['id']}", by=door.worker)).json()
    assert seen["words"] == "王某某偷的"


async def test_the_place_goes_with_the_resident(door: Door) -> None:
    request = await door.submit("streetlight", place=HERE)
    erased = ResidentErased(resident_id=door.resident.subject)
    await door.requests.deliver("registry_replica", erased, version=2)
    [report] = await door.listed(service_request_id=request["case_number"])
    assert (report["lat"], report["long"]) == (None, None)


async def test_who_may_not_see_a_request_sees_no_more_of_it_by_the_table_of_what_is_public(
    door: Door,
) -> None:
    """The database alone: what everybody may see has no column that says more."""
    await door.submit("streetlight", place=HERE)
    async with door.requests.owner() as tx:
        columns: Any = await tx.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'public_report' ORDER BY 1"
        )
        assert (
            await tx.fetchval(
                "SELECT count(*) FROM public_report WHERE words IS NOT NULL OR address IS NOT NULL"
            )
            == 0
        )
    assert {row["column_name"] for row in columns} == {
        "request_id", "case_number", "category", "unit_id", "state", "is_open", "requested_at", "updated_at", "expected_at",
        "latitude", "longitude", "words", "address",
    }  # fmt: skip


async def test_words_that_xml_cannot_hold_are_shown_without_them(door: Door) -> None:
    number = await door.filed(description="<b>&amp; \ufffe ]]> 𠮷</b>")
    [report] = read(await door.get(f"requests/{number}.xml"), "requests")
    assert report["description"] == "<b>&amp; \ufffd ]]> 𠮷</b>"
