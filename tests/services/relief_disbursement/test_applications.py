"""Applications over HTTP: who may do what, in which state, and what becomes public."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from asyncpg import CheckViolationError, UniqueViolationError

from event_contracts.relief_disbursement import (
    ApplicationApproved,
    ApplicationSubmitted,
    ApplicationVerified,
    NoticePosted,
)


async def test_fifty_applications_go_the_whole_way(relief):
    programme = await relief.programme()
    ids = await relief.submitted(programme, 50)
    for application_id in ids:
        posted = relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
        assert (posted["state"], posted["version"]) == ("on_notice", 3)
    early = await relief.act(f"/applications/{ids[0]}/review", "street")
    assert early.status_code == 409
    assert early.json()["until"] == posted_until(await relief.service.published(NoticePosted), ids[0])
    await relief.service.advance(timedelta(days=7))
    for application_id in ids:
        relief.ok(await relief.act(f"/applications/{application_id}/review", "street"))
        approved = relief.ok(await relief.act(f"/applications/{application_id}/approve", "district"))
        assert (approved["state"], approved["granted"], approved["version"]) == (
            "active",
            relief.cny(60_000),
            5,
        )
    events = await relief.service.published(ApplicationApproved)
    assert {str(event.data.application_id) for event in events} == set(ids)
    months = 13 - events[0].data.from_on.month
    shown = await relief.figures(programme)
    assert shown["committed"] == relief.cny(50 * 60_000 * months)
    assert shown["paid"] == relief.cny(0)


def posted_until(events, application_id):
    [until] = [event.data.until for event in events if str(event.data.application_id) == application_id]
    return until.isoformat()


async def test_verification_and_notice_are_one_step_of_two_events(relief):
    [application_id] = await relief.submitted(await relief.programme())
    relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
    [verified] = await relief.service.published(ApplicationVerified)
    [posted] = await relief.service.published(NoticePosted)
    assert (verified.version, posted.version) == (2, 3)
    assert posted.data.until - posted.at == timedelta(days=7)


@pytest.mark.parametrize("verb", ["submit", "verify", "review", "approve", "return", "reject"])
@pytest.mark.parametrize(
    "state", ["draft", "submitted", "street_reviewed", "active", "rejected", "returned_for_evidence"]
)
async def test_every_other_transition_is_refused(relief, state, verb):
    programme = await relief.programme()
    make = {"street_reviewed": relief.reviewed, "active": relief.active}.get(state, relief.submitted)
    [application_id] = await make(programme, submit=state != "draft")
    if state in ("rejected", "returned_for_evidence"):
        first = "reject" if state == "rejected" else "return"
        relief.ok(
            await relief.act(f"/applications/{application_id}/{first}", "worker", reason="收入证明缺失")
        )
    post = {"verify": "worker2", "review": "street2", "approve": "district2"}.get(verb)
    if post is None:
        post = "district2" if state == "street_reviewed" and verb != "submit" else "worker2"
    body = {"reason": "缺材料"} if verb in ("return", "reject") else {}
    answer = await relief.act(f"/applications/{application_id}/{verb}", post, **body)
    legal = {
        "draft": {"submit"},
        "submitted": {"verify", "return", "reject"},
        "street_reviewed": {"approve", "return", "reject"},
        "returned_for_evidence": {"submit"},
    }
    assert answer.status_code == (200 if verb in legal.get(state, set()) else 409), answer.text


async def test_two_approvals_at_once_are_one(relief):
    programme = await relief.programme()
    [application_id] = await relief.reviewed(programme)
    answers = await relief.at_once(
        "SELECT FROM application WHERE id = $1 FOR UPDATE",
        application_id,
        *(relief.act(f"/applications/{application_id}/approve", f"district{n}") for n in range(2, 12)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 9]
    assert len(await relief.service.published(ApplicationApproved)) == 1


async def test_nobody_reviews_twice_nor_what_they_filed(relief):
    programme = await relief.programme()
    [resident] = await relief.settle_in()
    filed = relief.ok(await relief.file(programme, resident, by=relief.who("worker")), 201)
    own = await relief.act(f"/applications/{filed['id']}/verify", "worker")
    assert (own.status_code, own.json()["type"].rsplit("/", 1)[-1]) == (409, "filed-by-you")
    relief.ok(await relief.act(f"/applications/{filed['id']}/verify", "worker2"))
    await relief.service.advance(timedelta(days=7))
    verifier = relief.who("worker2").subject
    relief.people["both"] = relief.service.caller(
        "street", subject=verifier, posts=[("street", uuid4(), "01/01")]
    )
    again = await relief.act(f"/applications/{filed['id']}/review", "both")
    assert (again.status_code, again.json()["type"].rsplit("/", 1)[-1]) == (409, "reviewed-by-you")


async def test_the_database_itself_refuses_a_second_review_by_one_person(relief):
    [application_id] = await relief.submitted(await relief.programme())
    relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
    copy = """
        INSERT INTO review (application_id, round, level, reviewer_id, decision, parties, at)
        SELECT application_id, round, 'review', {}, decision, parties, at FROM review
        WHERE application_id = $1
    """
    with pytest.raises(UniqueViolationError):
        async with relief.service.tx() as tx:
            await tx.execute(copy.format("reviewer_id"), application_id)
    with pytest.raises(CheckViolationError):
        async with relief.service.tx() as tx:
            await tx.execute(copy.format("parties[1]"), application_id)


async def test_a_return_asks_for_evidence_and_a_new_round_begins(relief):
    programme = await relief.programme()
    [resident] = await relief.settle_in()
    filed = relief.ok(await relief.file(programme, resident), 201)
    path = f"/applications/{filed['id']}"
    returned = relief.ok(await relief.act(f"{path}/return", "worker", reason="请补充收入证明"))
    assert returned["state"] == "returned_for_evidence"
    me = relief.resident(resident)
    detail = relief.ok(await relief.service.get(path, by=me))
    assert detail["decision_reason"] == "请补充收入证明"
    relief.ok(
        await relief.service.post(f"{path}/evidence", by=me, json={"note": "单位证明,每月 900 元"}), 201
    )
    again = relief.ok(await relief.service.post(f"{path}/submit", by=me, json={}))
    assert (again["state"], again["round"]) == ("submitted", 2)
    detail = relief.ok(await relief.service.get(path, by=me))
    assert detail["decision_reason"] is None
    assert [note["note"] for note in detail["evidence"]] == ["单位证明,每月 900 元"]
    relief.ok(await relief.act(f"{path}/verify", "worker"))


async def test_a_rejection_frees_the_household_for_another_application(relief):
    programme = await relief.programme()
    [resident] = await relief.settle_in()
    first = relief.ok(await relief.file(programme, resident), 201)
    assert (await relief.file(programme, resident)).status_code == 409
    relief.ok(await relief.act(f"/applications/{first['id']}/reject", "worker", reason="收入超过标准"))
    relief.ok(await relief.file(programme, resident), 201)


async def test_one_household_files_once_however_many_try_at_once(relief):
    programme = await relief.programme()
    [resident] = await relief.settle_in()
    answers = await asyncio.gather(*(relief.file(programme, resident) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 9]
    assert len(await relief.service.published(ApplicationSubmitted)) == 1


async def test_anybody_may_object_to_a_notice_and_it_is_verified_again(relief):
    programme = await relief.programme()
    [application_id] = await relief.submitted(programme)
    relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
    [stranger] = await relief.settle_in()
    objection = {"reason": "他家有两套房出租"}
    path = f"/notices/{application_id}/objections"
    nobody = await relief.service.post(path, json=objection, by=None)
    assert nobody.status_code == 401
    made = relief.ok(await relief.service.post(path, json=objection, by=relief.resident(stranger)), 201)
    assert made == {"application_id": application_id}
    again = await relief.service.post(path, json=objection, by=relief.resident(stranger))
    assert again.status_code == 404
    missing = f"/notices/{uuid4()}/objections"
    nothing = await relief.service.post(missing, json=objection, by=relief.resident(stranger))
    assert (nothing.status_code, nothing.json()) == (404, again.json())
    detail = relief.ok(await relief.service.get(f"/applications/{application_id}", by=relief.who("worker")))
    assert (detail["state"], detail["round"]) == ("submitted", 2)
    relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
    await relief.service.advance(timedelta(days=7))
    late = await relief.service.post(path, json=objection, by=relief.resident(stranger))
    assert late.status_code == 409


async def test_a_notice_shows_no_name_in_full_and_ends_by_itself(relief):
    programme = await relief.programme()
    ids = await relief.submitted(programme, 3)
    await relief.decide("verify", ids, "worker")
    first = relief.ok(await relief.service.get("/notices?limit=2", by=None))
    second = relief.ok(await relief.service.get(f"/notices?limit=2&cursor={first['next']}", by=None))
    items = first["items"] + second["items"]
    assert {item["application_id"] for item in items} == set(ids)
    assert second["next"] is None
    for item in items:
        assert item["payee_name"].startswith("王")
        assert "秀英" not in item["payee_name"]
        assert set(item) == {"application_id", "payee_name", "unit", "programme", "asked", "until"}
    await relief.service.advance(timedelta(days=7))
    assert relief.ok(await relief.service.get("/notices", by=None))["items"] == []


async def test_a_return_is_the_right_of_the_level_that_it_waits_for(relief):
    [application_id] = await relief.reviewed(await relief.programme())
    for who in ("worker2", "street2"):
        answer = await relief.act(f"/applications/{application_id}/return", who, reason="请补充材料")
        assert answer.status_code == 403
    answer = await relief.act(f"/applications/{application_id}/return", "district", reason="请补充材料")
    assert relief.ok(answer)["state"] == "returned_for_evidence"


async def test_what_is_out_of_scope_does_not_exist(relief):
    programme = await relief.programme()
    [resident, neighbour] = await relief.settle_in(2)
    filed = relief.ok(await relief.file(programme, resident), 201)
    path = f"/applications/{filed['id']}"
    for caller in (relief.who("other_worker"), relief.resident(neighbour), relief.who("finance1")):
        assert (await relief.service.get(path, by=caller)).status_code == 404
    assert (await relief.act(f"{path}/verify", "other_worker")).status_code == 404
    assert (
        await relief.service.post(f"{path}/submit", by=relief.resident(neighbour), json={})
    ).status_code == 404
    listed = relief.ok(await relief.service.get("/applications", by=relief.who("other_worker")))
    assert listed["items"] == []
    listed = relief.ok(await relief.service.get("/applications?state=submitted", by=relief.who("street")))
    assert [item["id"] for item in listed["items"]] == [filed["id"]]
    [far] = await relief.settle_in(unit_id=relief.other_community)
    assert (await relief.file(programme, far, by=relief.who("worker"))).status_code == 404
    assert (await relief.file(programme, far, by=relief.resident(neighbour))).status_code == 404


async def test_a_delegate_with_consent_files_and_reads(relief):
    programme = await relief.programme()
    [resident, daughter] = await relief.settle_in(2)
    assert (await relief.file(programme, resident, by=relief.resident(daughter))).status_code == 404
    await relief.consent(resident, daughter)
    filed = relief.ok(await relief.file(programme, resident, by=relief.resident(daughter)), 201)
    detail = relief.ok(await relief.service.get(f"/applications/{filed['id']}", by=relief.resident(daughter)))
    assert detail["payee_name"] == "王秀英"
    assert relief.account not in str(detail)


async def test_personal_data_is_sealed_at_rest_and_in_no_event(relief):
    programme = await relief.programme()
    await relief.submitted(programme)
    async with relief.service.tx() as tx:
        row = str(dict(await tx.fetchrow("SELECT * FROM application")))
        outbox = str([dict(each) for each in await tx.fetch("SELECT * FROM outbox")])
    for secret in ("王秀英", relief.account, "丈夫住院"):
        assert secret not in row
        assert str(secret.encode())[2:-1] not in row + outbox
        assert secret not in outbox


async def test_the_budget_is_never_promised_twice(relief):
    programme = await relief.programme(budget=60_000 * 12, monthly=60_000)
    ids = await relief.reviewed(programme, 14)
    answers = await asyncio.gather(*(relief.act(f"/applications/{each}/approve", "district") for each in ids))
    approved = await relief.service.published(ApplicationApproved)
    months = 13 - approved[0].data.from_on.month
    assert len(approved) == min(14, 12 // months)
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert len(refused) == 14 - len(approved)
    assert all(problem["type"].endswith("budget-exhausted") for problem in refused)


async def test_a_grant_above_the_cap_is_refused(relief):
    [application_id] = await relief.reviewed(await relief.programme(monthly=50_000))
    above = await relief.act(
        f"/applications/{application_id}/approve", "district", granted=relief.cny(50_001)
    )
    assert above.status_code == 422
    granted = relief.ok(
        await relief.act(f"/applications/{application_id}/approve", "district", granted=relief.cny(40_000))
    )
    assert granted["granted"] == relief.cny(40_000)
