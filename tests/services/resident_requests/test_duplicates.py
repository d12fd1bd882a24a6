"""Before the same is filed twice: what is open near by is offered, what is private stays so, and what comes late is compared, too."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from event_contracts.community_registry import ResidentErased
from event_contracts.resident_requests import RequestSubmitted
from platform_kit.auth import Caller
from platform_kit.ids import new_id
from resident_requests.actions import Filed, submit_request
from resident_requests.rules.likeness import overlap, pieces

from .conftest import Neighbourhood

LAMP = "3号楼门口的路灯不亮了,晚上很黑"
HERE = {"latitude": 30.5810, "longitude": 114.3170}
NEAR = {"latitude": 30.5813, "longitude": 114.3173}
FAR = {"latitude": 30.6010, "longitude": 114.3170}
PUBLIC_FACTS = {"request_id", "case_number", "category", "state", "occurred_at", "metres", "score"}


async def _file(here: Neighbourhood, by: Caller | None = None, **body: Any) -> Any:
    sent = {"category": "streetlight", "words": LAMP, **body}
    answer = await here.service.post("/requests", json=sent, by=by or here.daughter)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def _sought(here: Neighbourhood, by: Caller | None = None, **body: Any) -> list[Any]:
    sent = {"category": "streetlight", **body}
    answer = await here.service.post("/requests/similar", json=sent, by=by or here.resident)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def _ids(similar: list[Any]) -> list[str]:
    return [each["request_id"] for each in similar]


async def test_what_is_open_near_by_and_said_in_like_words_is_offered_with_what_is_public_of_it(
    here: Neighbourhood,
) -> None:
    there = await _file(here, place=HERE | {"address": "幸福路1号"})
    [offered] = await _sought(here, words="三号楼门口路灯不亮", **NEAR)
    assert set(offered) == PUBLIC_FACTS
    assert (offered["request_id"], offered["case_number"], offered["state"]) == (
        there["id"], there["case_number"], "submitted",
    )  # fmt: skip
    assert 30 < offered["metres"] < 60
    assert 0.5 < offered["score"] < 1


async def test_distances_are_told_from_the_published_point_and_not_from_the_door(here: Neighbourhood) -> None:
    """Whoever asks from three places would else find the home."""
    door = {"latitude": 30.58142, "longitude": 114.31738}
    await _file(here, place=door)
    [at_the_door] = await _sought(here, **door)
    [at_the_published] = await _sought(here, latitude=30.581, longitude=114.317)
    assert at_the_published["metres"] == 0
    # 0.00042 degrees to the north and 0.00038 to the east of it.
    assert at_the_door["metres"] == pytest.approx(math.hypot(0.00042 * 111_320, 0.00038 * 95_840), abs=1)


async def test_without_words_the_place_is_enough_and_without_a_place_the_words_are(
    here: Neighbourhood,
) -> None:
    there = await _file(here, place=HERE)
    assert _ids(await _sought(here, **NEAR)) == [there["id"]]
    assert _ids(await _sought(here, words="三号楼门口路灯不亮")) == [there["id"]]
    assert await _sought(here) == []
    without = await _file(here, words="西门的路灯坏了,一直闪")
    assert _ids(await _sought(here, words="西门路灯坏了", **FAR)) == [without["id"]]


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (LAMP, "三号楼门口路灯不亮"),
        ("Street light OUT at gate 3", "the street light at gate three is out"),
        ("路灯坏了,ＬＥＤ,gate 3", "led路灯坏了 GATE 3 门口"),
        (LAMP * 40, LAMP),
    ],
    ids=["Chinese", "Latin", "both", "long"],
)
async def test_the_database_counts_as_the_rule_says(here: Neighbourhood, there: str, asked: str) -> None:
    await _file(here, words=there)
    [offered] = await _sought(here, words=asked)
    mine, theirs = set(pieces(asked)), set(pieces(there))
    # By quarters: nobody finds out piece by piece what somebody wrote.
    assert offered["score"] == math.floor(overlap(len(mine & theirs), len(mine), len(theirs)) * 4) / 4


@pytest.mark.parametrize(
    "asked",
    [
        {"words": "垃圾堆在西门没有人收"},
        {"words": LAMP, **FAR},
        {"words": LAMP, **HERE, "category": "graffiti"},
        {"words": LAMP, **HERE, "occurred_at": "2026-01-01T00:00:00Z"},
    ],
    ids=["other words", "another place", "another category", "another time"],
)
async def test_another_thing_is_not_offered(here: Neighbourhood, asked: Any) -> None:
    await _file(here, place=HERE)
    assert await _sought(here, **asked) == []


async def test_what_is_over_is_not_offered_and_what_is_reopened_is_again(here: Neighbourhood) -> None:
    path = f"/requests/{(await _file(here, here.resident, place=HERE))['id']}"
    for verb, body in (("triage", {"route": "department"}), ("start", None), ("resolve", None)):
        assert len(await _sought(here, words=LAMP, **HERE)) == 1
        assert (await here.service.post(f"{path}/{verb}", json=body, by=here.worker)).status_code == 200
    assert await _sought(here, words=LAMP, **HERE) == []
    await here.service.post(f"{path}/reopen", by=here.resident)
    [offered] = await _sought(here, words=LAMP, **HERE)
    assert offered["state"] == "reopened"


async def test_of_a_private_category_everybody_is_offered_their_own_and_nobody_elses(
    here: Neighbourhood,
) -> None:
    mine = await here.submit(words="请帮我买降压药")
    await here.submit(category="companionship")
    [offered] = await _sought(here, category="errand")
    assert (offered["request_id"], offered["score"], offered["metres"]) == (mine["id"], None, None)
    for by in (here.daughter, await here.neighbour()):
        assert await _sought(here, by, category="errand", words="请帮我买降压药") == []
    # She acts for her mother.
    asked = {"category": "errand", "resident_id": str(here.resident.subject)}
    assert _ids(await _sought(here, here.daughter, **asked)) == [mine["id"]]
    await here.service.post(f"/requests/{mine['id']}/withdraw", by=here.resident)
    assert await _sought(here, category="errand") == []


async def test_nothing_is_offered_any_more_of_a_category_that_has_become_private(here: Neighbourhood) -> None:
    there, _ = await _file(here, place=HERE), await _file(here, await here.neighbour(), place=HERE)
    by_staff = f"/requests/{there['id']}/similar"
    assert len((await here.service.get(by_staff, by=here.worker)).json()) == 1
    district = here.service.caller(posts=[("district", uuid4(), "01")])
    found = (await here.service.get("/categories")).json()
    [category] = [each for each in found if each["code"] == "streetlight"]
    version = category.pop("version")
    del category["code"]
    changed = await here.service.put(
        "/categories/streetlight", json=category | {"private": True}, by=district,
        headers={"If-Match": f'"{version}"'},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    assert await _sought(here, words=LAMP, **HERE) == []
    assert (await here.service.get(by_staff, by=here.worker)).json() == []


async def test_nobody_asks_for_a_stranger(here: Neighbourhood) -> None:
    body = {"category": "streetlight", "resident_id": str(here.resident.subject)}
    stranger = await here.neighbour()
    answer = await here.service.post("/requests/similar", json=body, by=stranger)
    unknown = await here.service.post(
        "/requests/similar", json=body | {"resident_id": str(uuid4())}, by=stranger
    )
    assert (answer.status_code, answer.json()) == (404, unknown.json())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"category": "nonsense"}, "category"),
        ({"category": "streetlight", "words": "a\u0000b"}, "words"),
        ({"category": "streetlight", "latitude": 91}, "latitude"),
    ],
)
async def test_a_question_that_makes_no_sense_names_its_field(
    here: Neighbourhood, body: Any, field: str
) -> None:
    answer = await here.service.post("/requests/similar", json=body, by=here.resident)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, field)


# K70
async def test_an_offline_record_that_was_made_twice_is_kept_and_the_answer_names_the_other(
    here: Neighbourhood,
) -> None:
    """Two workers went to the same door without a connection: two ids, one matter."""
    first = await _file(here, here.resident, id=str(new_id()), place=HERE)
    second = await _file(here, id=str(new_id()), place=HERE)
    assert first["similar"] == []
    [named] = second["similar"]
    assert (named["request_id"], named["case_number"]) == (first["id"], first["case_number"])
    assert named["score"] == 1.0
    assert len(await here.service.published(RequestSubmitted)) == 2
    # Staff find both from either side, also had they come at the same moment.
    for one, other in ((first, second), (second, first)):
        found = await here.service.get(f"/requests/{one['id']}/similar", by=here.worker)
        assert _ids(found.json()) == [other["id"]]


# K70
async def test_two_records_of_one_visit_in_private_name_each_other(here: Neighbourhood) -> None:
    """The category is the one that help is asked for in; what others asked for is named to nobody."""
    said = {"category": "errand", "words": "请帮我买降压药", "resident_id": str(here.resident.subject)}
    await _file(here, category="errand", words=said["words"])
    await _file(here, here.resident, category="companionship")
    first = await _file(here, here.worker, id=str(new_id()), channel="visit", **said)
    second = await _file(here, here.colleague, id=str(new_id()), channel="visit", **said)
    assert first["similar"] == []
    [named] = second["similar"]
    assert set(named) == PUBLIC_FACTS
    assert (named["request_id"], named["case_number"], named["category"], named["state"], named["score"]) == (
        first["id"], first["case_number"], "errand", "submitted", None,
    )  # fmt: skip
    assert named["occurred_at"] == first["occurred_at"]
    for one, other in ((first, second), (second, first)):
        found = await here.service.get(f"/requests/{one['id']}/similar", by=here.worker)
        assert _ids(found.json()) == [other["id"]]
    # They are one from then on.
    merged = await here.service.post(
        f"/requests/{second['id']}/merge", json={"into": first["id"]}, by=here.worker
    )
    assert merged.status_code == 200, merged.text
    assert (await here.service.get(f"/requests/{first['id']}/similar", by=here.worker)).json() == []
    third = await _file(here, here.resident, **said)
    assert _ids(third["similar"]) == [first["id"]]


async def test_what_became_private_is_like_its_residents_own_alone(here: Neighbourhood) -> None:
    mine = [await _file(here, here.resident, place=HERE) for _ in range(2)]
    await _file(here, place=HERE)
    withheld = await here.service.post(f"/requests/{mine[0]['id']}/withhold", by=here.worker)
    assert withheld.status_code == 200, withheld.text
    found = await here.service.get(f"/requests/{mine[0]['id']}/similar", by=here.worker)
    assert _ids(found.json()) == [mine[1]["id"]]


async def test_a_worker_is_named_nothing_that_lies_where_they_do_not_work(here: Neighbourhood) -> None:
    """She is told of her own in another community, and whoever writes down another one for her here is not."""
    await here.submit()
    async with here.service.tx() as tx:
        assert await tx.execute("UPDATE request SET unit_id = $1", uuid4()) == "UPDATE 1"
    said = {"category": "errand", "resident_id": str(here.resident.subject)}
    assert (await _file(here, here.worker, channel="visit", **said))["similar"] == []
    assert len((await _file(here, here.resident, **said))["similar"]) == 2


async def test_filing_in_private_writes_no_likeness_and_asks_for_none(here: Neighbourhood) -> None:
    asked: dict[str, list[str]] = {}
    for category in ("errand", "streetlight"):
        queries = asked[category] = list[str]()
        await _file(here, here.resident, category=category)
        async with here.service.tx() as tx:
            with tx.query_logger(lambda record, queries=queries: queries.append(record.query)):
                filed = Filed(here.resident.subject, category, LAMP)
                await submit_request(tx, here.service.kit.sealer, filed, by=here.resident)
    assert (len(asked["errand"]), len(asked["streetlight"])) == (3, 4)
    assert not any("likeness" in query for query in asked["errand"])
    async with here.service.tx() as tx:
        assert {row["category"] for row in await tx.fetch("SELECT category FROM likeness")} == {"streetlight"}


async def test_what_is_kept_to_compare_words_holds_none_and_is_no_dictionary(here: Neighbourhood) -> None:
    """With the table and without the key nobody tells which pieces they are: another house prints them differently."""
    await _file(here)
    async with here.service.tx() as tx:
        prints = await tx.fetchval("SELECT prints FROM likeness")
        dump = str(await tx.fetch("SELECT l::text FROM likeness l"))
    assert "路灯" not in dump
    other = Filed(here.resident.subject, "streetlight", LAMP)
    sealer = type(here.service.kit.sealer)(b"k" * 32, here.service.kit.sealer.provider)
    async with here.service.tx() as tx:
        await submit_request(tx, sealer, other, by=here.resident)
        rows = [row["prints"] for row in await tx.fetch("SELECT prints FROM likeness")]
    [theirs] = [row for row in rows if row != prints]
    assert len(theirs) == len(prints)
    assert not set(theirs) & set(prints)


async def test_what_is_corrected_is_found_by_its_new_words(here: Neighbourhood) -> None:
    request = await _file(here, here.resident)
    await here.service.patch(
        f"/requests/{request['id']}", json={"words": "西门的路灯坏了,一直闪"}, by=here.resident,
        headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert await _sought(here, words=LAMP) == []
    assert _ids(await _sought(here, words="西门路灯坏了")) == [request["id"]]


async def test_nothing_finds_again_what_somebody_filed_who_is_erased(here: Neighbourhood) -> None:
    mine = await _file(here, here.resident, place=HERE)
    other = await _file(here, place=HERE)
    held = (await here.service.get("/me/data/requests", by=here.resident)).json()["held"]["likeness"]
    assert [each["request_id"] for each in held] == [mine["id"]]
    await here.service.deliver("registry_replica", ResidentErased(resident_id=here.resident.subject))
    assert _ids(await _sought(here, here.daughter, words=LAMP, **HERE)) == [other["id"]]
    async with here.service.tx() as tx:
        assert await tx.fetchval("SELECT count(*) FROM likeness") == 1


async def test_what_the_city_reported_and_is_open_is_offered_by_its_place(here: Neighbourhood) -> None:
    source = {
        "zone": "UTC", "categories": {"Lamp": "streetlight"}, "states": {"Open": "submitted", "Closed": "closed"},
        "areas": {"125": str(here.unit)},
    }  # fmt: skip
    assert (await here.service.put("/import-sources/city", json=source, by=here.worker)).status_code == 200
    yesterday = (datetime.now(UTC) - timedelta(days=1)).strftime("%m/%d/%y %H:%M")
    rows = [
        {"line": line, "values": {"srnumber": f"1-{line}", "requesttype": "Lamp", "status": state, "nc": "125",
                                  "createddate": yesterday, "latitude": "30.581", "longitude": "114.317", "address": "x"}}
        for line, state in ((2, "Open"), (3, "Closed"))
    ]  # fmt: skip
    answer = await here.service.post(
        "/requests/import", json={"source": "city", "rows": rows}, by=here.worker
    )
    assert answer.json()["imported"] == 2, answer.text
    assert _ids(await _sought(here, words=LAMP, **NEAR)) == [answer.json()["rows"][0]["request_id"]]


async def test_however_many_there_are_few_are_offered(here: Neighbourhood) -> None:
    for number in range(8):
        await _file(here, place=HERE, words=f"{LAMP} {number}")
    assert len(await _sought(here, words=LAMP, **HERE)) == 5
