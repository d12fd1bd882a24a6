"""A bank account is masked but for a reason; of an erased resident the amounts stay and the rest is gone."""

from uuid import UUID

import structlog

from event_contracts.community_registry import ResidentErased


async def _erase(relief, resident_id):
    await relief.service.deliver("registry_replica", ResidentErased(resident_id=UUID(str(resident_id))))


async def _resident_of(relief, application_id):
    shown = await relief.service.get(f"/applications/{application_id}", by=relief.who("worker"))
    return relief.ok(shown)["resident_id"]


async def test_a_bank_account_is_shown_in_full_to_whoever_pays_and_says_why(relief):
    [application_id] = await relief.active(await relief.programme())
    resident_id = await _resident_of(relief, application_id)
    path = f"/applications/{application_id}/reveal"
    for who in ("worker", "street", "finance1"):
        with structlog.testing.capture_logs() as logs:
            answer = await relief.act(path, who, reason="银行退回,核对账号")
        assert relief.ok(answer) == {"bank_account": relief.account}
        assert answer.headers["cache-control"] == "no-store"
        [look] = (await relief.service.audited("look"))[-1:]
        assert (look["actor"], look["subject"]) == (relief.who(who).subject, UUID(resident_id))
        assert look["reason"] == "银行退回,核对账号"
        assert relief.account not in str(logs)
    assert (await relief.act(path, "worker", reason=" ")).status_code == 422
    assert (await relief.act(path, "other_worker", reason="好奇")).status_code == 404
    assert (await relief.act(path, "auditor", reason="好奇")).status_code == 403
    by = relief.resident(UUID(resident_id))
    assert (await relief.service.post(path, json={"reason": "我的"}, by=by)).status_code == 403
    async with relief.service.tx() as tx:
        kept = await tx.fetch("SELECT body FROM idempotency WHERE body IS NOT NULL")
    assert all(relief.account.encode() not in row["body"] for row in kept)


async def test_a_masked_account_sent_back_is_no_account(relief):
    programme = await relief.programme()
    await relief.active(programme)
    run = await relief.sent(programme)
    [payment] = await relief.payments(run)
    assert "*" in payment["bank_account"]
    await relief.bank_says(run, f"{payment['id']},returned,600.00,AC01,账号不存在,2026-12-03")
    path = f"/payments/{payment['id']}/reissue"
    refused = await relief.act(path, "finance1", bank_account=payment["bank_account"])
    assert refused.status_code == 422
    revealed = await relief.act(f"/applications/{payment['application_id']}/reveal", "worker", reason="核对")
    assert relief.ok(revealed)["bank_account"] == relief.account


async def test_of_an_erased_resident_the_amounts_stay_and_nothing_fails(relief):
    programme = await relief.programme()
    [application_id] = await relief.active(programme)
    run = await relief.sent(programme)
    resident_id = await _resident_of(relief, application_id)
    before = await relief.figures(programme)
    await _erase(relief, resident_id)
    listed = relief.ok(await relief.service.get("/applications", by=relief.who("worker")))["items"]
    assert [each["payee_name"] for each in listed] == ["—"]
    shown = relief.ok(await relief.service.get(f"/applications/{application_id}", by=relief.who("worker")))
    assert (shown["reason"], shown["payee_name"], shown["bank_account"]) == ("—", "—", "—")
    assert shown["granted"] == relief.cny(60_000)
    [payment] = await relief.payments(run)
    assert (payment["payee_name"], payment["bank_account"]) == ("—", "—")
    assert payment["amount"] == relief.cny(60_000)
    assert await relief.figures(programme) == before
    settled = await relief.bank_says(run, f"{payment['id']},paid,600.00,,,2026-12-03")
    assert settled["run"]["state"] == "settled"
    revealed = await relief.act(f"/applications/{application_id}/reveal", "worker", reason="核对")
    assert relief.ok(revealed) == {"bank_account": None}
    file = await relief.service.get(f"/payment-runs/{run}/file", by=relief.who("finance1"))
    assert (file.status_code, file.json()["type"].rpartition("/")[2]) == (409, "payee-erased")
    assert file.json()["line"] == 1
    notices = await relief.service.get("/notices")
    assert notices.status_code == 200
    assert await relief.service.parked() == []


async def test_an_erased_resident_on_notice_shows_as_a_dash(relief):
    [application_id] = await relief.submitted(await relief.programme())
    resident_id = await _resident_of(relief, application_id)
    relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
    assert (await relief.service.get("/notices")).json()["items"][0]["payee_name"] == "王**"
    await _erase(relief, resident_id)
    assert (await relief.service.get("/notices")).json()["items"][0]["payee_name"] == "—"


async def test_a_run_collects_nothing_for_an_erased_resident(relief):
    programme = await relief.programme()
    erased, kept = await relief.active(programme, 2)
    await _erase(relief, await _resident_of(relief, erased))
    run = await relief.calculated(programme)
    assert [payment["application_id"] for payment in await relief.payments(run)] == [kept]


async def test_an_objectors_words_go_with_the_objector(relief):
    [application_id] = await relief.submitted(await relief.programme())
    relief.ok(await relief.act(f"/applications/{application_id}/verify", "worker"))
    [neighbour] = await relief.settle_in()
    by = relief.resident(neighbour)
    objection = await relief.service.post(
        f"/notices/{application_id}/objections", json={"reason": "他家有两辆车"}, by=by
    )
    assert objection.status_code == 201
    held = relief.ok(await relief.service.get("/me/data/relief", by=by))["held"]
    assert held["objection"][0]["words"] == "他家有两辆车"
    await _erase(relief, neighbour)
    held = relief.ok(await relief.service.get("/me/data/relief", by=by))["held"]
    assert held["objection"][0]["words"] is None
    shown = await relief.service.get(f"/applications/{application_id}", by=relief.who("worker"))
    assert relief.ok(shown)["payee_name"] == "王秀英"


async def test_a_resident_is_told_all_that_relief_holds(relief):
    programme = await relief.programme()
    [application_id] = await relief.active(programme)
    await relief.sent(programme)
    by = relief.resident(UUID(await _resident_of(relief, application_id)))
    held = relief.ok(await relief.service.get("/me/data/relief", by=by))["held"]
    [application], [payment] = held["application"], held["payment"]
    assert application["bank_account"] == payment["bank_account"] == relief.account
    assert application["words"] == "丈夫住院,收入不足。"
    assert {review["level"] for review in held["review"]} == {"verify", "review", "approve"}
