"""What the standard says of each resource, in JSON and in XML; and a client that others wrote finds its way."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from georeport import GeoReport

from journeys.front_door import Door

from .standard import read

FORMS = ("json", "xml")
COLOURS = [
    {"code": "red", "name_zh": "红", "name_en": "Red"},
    {"code": "blue", "name_zh": "蓝", "name_en": "Blue"},
]
QUESTIONS: list[dict[str, Any]] = [
    {"code": "pole", "name_zh": "灯杆编号", "name_en": "Number of the pole", "kind": "string", "required": True},
    {"code": "lamps", "name_zh": "几盏", "name_en": "How many", "kind": "number"},
    {"code": "since", "name_zh": "何时起", "name_en": "Since when", "kind": "datetime"},
    {"code": "more", "name_zh": "其他", "name_en": "More", "kind": "text"},
    {"code": "one", "name_zh": "颜色", "name_en": "Colour", "kind": "singlevaluelist", "options": COLOURS},
    {"code": "some", "name_zh": "颜色们", "name_en": "Colours", "kind": "multivaluelist", "options": COLOURS},
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
async def test_discovery_says_where_and_how(door: Door, form: str) -> None:
    said = read(await door.http.get(f"/open311/discovery.{form}"), "discovery")
    [endpoint] = said["endpoints"]
    assert endpoint["url"] == door.root
    assert (endpoint["type"], endpoint["formats"]) == ("test", ["text/xml", "application/json"])
    await door.set_category("manhole")
    assert (
        read(await door.http.get(f"/open311/discovery.{form}"), "discovery")["changeset"] >= said["changeset"]
    )


@pytest.mark.parametrize("form", FORMS)
async def test_services_are_the_public_categories_that_are_open(door: Door, form: str) -> None:
    await door.set_category("lamps", parent="streetlight", questions=QUESTIONS)
    await door.set_category("gas_leak", call="119")
    await door.set_category("old", open=False)
    services = {each["service_code"]: each for each in read(await door.get(f"services.{form}"), "services")}
    assert {"streetlight", "graffiti", "lamps"} <= services.keys()
    assert services.keys().isdisjoint({"errand", "hardship", "encampment", "gas_leak", "old"})
    assert services["lamps"]["group"] == "路灯故障"
    assert str(services["lamps"]["metadata"]).lower() == "true"
    assert str(services["streetlight"]["metadata"]).lower() == "false"


@pytest.mark.parametrize("form", FORMS)
async def test_a_definition_asks_what_the_category_asks(door: Door, form: str) -> None:
    await door.set_category("lamps", questions=QUESTIONS)
    answer = await door.http.get(f"/open311/v2/services/lamps.{form}", headers={"Accept-Language": "en"})
    said = read(answer, "service_definition")
    assert [(each["code"], each["datatype"]) for each in said["attributes"]] == [
        (question["code"], question["kind"]) for question in QUESTIONS
    ]
    assert [int(each["order"]) for each in said["attributes"]] == [1, 2, 3, 4, 5, 6]
    assert [str(each["required"]).lower() for each in said["attributes"]] == ["true", *["false"] * 5]
    assert said["attributes"][5]["values"] == [{"key": "red", "name": "Red"}, {"key": "blue", "name": "Blue"}]


@pytest.mark.parametrize("form", FORMS)
async def test_a_report_is_filed_with_its_answers_and_found_again(door: Door, form: str) -> None:
    await door.set_category("lamps", questions=QUESTIONS)
    answers = {
        "attribute[pole]": "A-17", "attribute[lamps]": "2", "attribute[since]": "2026-11-01T08:00:00+08:00",
        "attribute[more]": "在桥上", "attribute[one]": "red", "attribute[some][]": ["red", "blue"],
    }  # fmt: skip
    answer = await door.file(form, service_code="lamps", address_string="幸福路桥头", **answers)
    assert answer.status_code == 201, answer.text
    number = read(answer, "filed")[0]["service_request_id"]
    [report] = read(await door.get(f"requests/{number}.{form}"), "requests")
    assert (report["service_request_id"], report["status"], report["service_name"]) == (
        number,
        "open",
        "井盖",
    )
    assert (report["description"], report["address"]) == ("路灯不亮", "幸福路桥头")
    assert (float(report["lat"]), float(report["long"])) == (30.123456, 114.654321)
    assert report["agency_responsible"] == "幸福社区"
    assert report["expected_datetime"] > report["requested_datetime"]
    assert read(await door.get(f"tokens/{number}.{form}"), "token") == [
        {"service_request_id": number, "token": number}
    ]
    # Staff find all of it, with clocks that run.
    [mine] = (await door.requests.get("/requests", by=door.worker)).json()["items"]
    seen = (await door.requests.get(f"/requests/{mine['id']}", by=door.worker)).json()
    assert (seen["case_number"], seen["resident_id"], seen["words"]) == (number, None, "路灯不亮")
    assert seen["answers"] == {
        "pole": "A-17", "lamps": 2, "since": "2026-11-01T08:00:00+08:00", "more": "在桥上", "one": "red",
        "some": ["red", "blue"],
    }  # fmt: skip
    assert seen["time_left"]["resolution"] > 0


@pytest.mark.parametrize("form", FORMS)
async def test_the_status_follows_the_work(door: Door, form: str) -> None:
    number = await door.filed()
    [mine] = (await door.requests.get("/requests", by=door.worker)).json()["items"]
    [opened] = read(await door.get(f"requests/{number}.{form}"), "requests")
    await door.requests.advance(timedelta(hours=1))
    for verb, body in (("triage", {"route": "community"}), ("start", None), ("resolve", None)):
        answer = await door.requests.post(f"/requests/{mine['id']}/{verb}", json=body, by=door.worker)
        assert answer.status_code == 200, answer.text
    [done] = read(await door.get(f"requests/{number}.{form}"), "requests")
    assert (opened["status"], done["status"]) == ("open", "closed")
    assert done["status_notes"] != opened["status_notes"]
    assert done["updated_datetime"] > opened["updated_datetime"]
    assert await door.listed(status="open") == []
    assert [each["service_request_id"] for each in await door.listed(status="closed")] == [number]
    assert [each["service_request_id"] for each in await door.listed(status="open,closed")] == [number]


async def test_lists_are_filtered_as_they_are_asked(door: Door) -> None:
    light, paint = await door.filed(), await door.filed(service_code="graffiti")
    await door.requests.advance(timedelta(days=80))
    late = await door.filed(service_code="graffiti", description="又一处")

    async def numbers(**query: Any) -> list[str]:
        return [each["service_request_id"] for each in await door.listed(**query)]

    at = datetime.now(UTC)
    assert await numbers() == [late, paint, light]
    assert await numbers(service_code="graffiti") == [late, paint]
    assert await numbers(service_code="graffiti, streetlight,errand,") == [late, paint, light]
    assert await numbers(service_code="unheard_of") == []
    assert await numbers(service_request_id=f"{light},{late}", status="closed", start_date="nonsense") == [
        late,
        light,
    ]
    assert await numbers(service_request_id="000-000-000") == []
    assert await numbers(start_date=f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}") == [late]
    assert await numbers(end_date=f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}") == [paint, light]
    span = {
        "start_date": f"{at - timedelta(days=1):%Y-%m-%dT%H:%M:%S+00:00}",
        "end_date": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    }
    assert await numbers(**span) == [paint, light]
    # Nothing was said is the same as nothing.
    assert await numbers(service_code="", status="", start_date="", end_date="", jurisdiction_id="") == [
        late,
        paint,
        light,
    ]
    await door.requests.advance(timedelta(days=15))
    assert await numbers() == [late]


async def test_at_most_a_thousand_the_newest_first(door: Door) -> None:
    first = await door.filed()
    async with door.requests.tx() as tx:
        # As many as would take an hour to file one by one.
        await tx.execute(
            """
            INSERT INTO request (id, case_number, filed_by, unit_id, category, state, occurred_at, version, created_at, source,
                                 source_number)
            SELECT gen_random_uuid(), 'n' || n, gen_random_uuid(), $1, 'graffiti', 'closed', linli_now() + n * interval '1 s', 1,
                   linli_now(), 'many', n FROM generate_series(1, 1200) n
            """,
            door.unit,
        )
    listed = await door.listed()
    assert [each["service_request_id"] for each in listed[:2]] == ["n1200", "n1199"]
    assert len(listed) == 1000
    assert first not in {each["service_request_id"] for each in listed}


@pytest.mark.parametrize("form", FORMS)
async def test_a_client_that_others_wrote_reads_all_of_it(door: Door, form: str) -> None:
    await door.set_category("lamps", questions=QUESTIONS)
    numbers = [await door.filed(), await door.filed(service_code="graffiti")]
    client = GeoReport(door.root, jurisdiction="linli", api_key=door.key, output_format=form)
    services = await asyncio.to_thread(client.get_service_list)
    assert {"lamps", "graffiti"} <= {each["service_code"] for each in services}
    definition = await asyncio.to_thread(client.get_service_definition, "lamps")
    attributes = definition["attributes"]
    attributes = attributes["attribute"] if form == "xml" else attributes
    assert [each["code"] for each in attributes] == [question["code"] for question in QUESTIONS]
    both = await asyncio.to_thread(client.get_service_requests, ",".join(numbers))
    assert {each["service_request_id"] for each in both} == set(numbers)
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    asked = (None, "graffiti,streetlight", yesterday, None, "open")
    assert len(await asyncio.to_thread(client.get_service_requests, *asked)) == 2
    one = await asyncio.to_thread(client.get_service_request, numbers[0])
    assert one["service_request_id"] == numbers[0]
