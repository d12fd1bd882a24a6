"""Account, payee and evidence are shown to staff for a reason alone; why officers declined and what the bank wrote are sealed; of an
erased resident the amounts stay and the rest is gone."""

from uuid import UUID, uuid4

import pytest
import structlog

from event_contracts.community_registry import ResidentErased

MEDICAL = "肝硬化失代偿期,住院号 4420088"
NOTHING = {"payee_name": None, "bank_account": None, "evidence": None}


async def _erase(relief, resident_id):
    await relief.service.deliver("registry_replica", ResidentErased(resident_id=UUID(str(resident_id))))


async def _resident_of(relief, application_id):
    shown = await relief.service.get(f"/applications/{application_id}", by=relief.who("worker"))
    return relief.ok(shown)["resident_id"]


async def _reveal(relief, application_id, who, *parts):
    body = {"parts": list(parts), "reason": "核对"}
    return relief.ok(await relief.act(f"/applications/{application_id}/reveal", who, **body))


async def test_a_bank_account_is_shown_in_full_to_whoever_pays_and_says_why(relief):
    [application_id] = await relief.active(await relief.programme())
    resident_id = await _resident_of(relief, application_id)
    path = f"/applications/{application_id}/reveal"
    for who in ("worker", "street", "finance1"):
        with structlog.testing.capture_logs() as logs:
            answer = await relief.act(path, who, parts=["bank_account"], reason="银行退回,核对账号")
        assert relief.ok(answer) == NOTHING | {"bank_account": relief.account}
        assert answer.headers["cache-control"] == "no-store"
        [look] = (await relief.service.audited("look"))[-1:]
        assert (look["actor"], look["subject"]) == (relief.who(who).subject, UUID(resident_id))
        assert look["reason"] == "银行退回,核对账号"
        assert relief.account not in str(logs)
    asked = {"parts": ["bank_account"]}
    assert (await relief.act(path, "worker", reason=" ", **asked)).status_code == 422
    assert (await relief.act(path, "worker", reason="核对", parts=[])).status_code == 422
    assert (await relief.act(path, "other_worker", reason="好奇", **asked)).status_code == 404
    assert (await relief.act(path, "auditor", reason="好奇", **asked)).status_code == 403
    by = relief.resident(UUID(resident_id))
    assert (await relief.service.post(path, json={"reason": "我的", **asked}, by=by)).status_code == 403
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
    revealed = await _reveal(relief, payment["application_id"], "worker", "bank_account")
    assert revealed["bank_account"] == relief.account


async def test_a_masked_name_sent_back_is_no_name(relief):
    programme = await relief.programme()
    [resident] = await relief.settle_in()
    assert (await relief.file(programme, resident, payee_name="王**")).status_code == 422
    relief.ok(await relief.file(programme, resident), 201)


async def _application_with_evidence(relief):
    """Filed with a medical note by the resident, who has let their daughter act for them."""
    [mother, daughter] = await relief.settle_in(2)
    await relief.consent(mother, daughter)
    filed = relief.ok(await relief.file(await relief.programme(), mother), 201)
    path = f"/applications/{filed['id']}"
    for note in (MEDICAL, "单位证明"):
        added = await relief.service.post(f"{path}/evidence", by=relief.resident(mother), json={"note": note})
        relief.ok(added, 201)
    return path, relief.resident(mother), relief.resident(daughter)


async def test_evidence_and_the_payee_are_masked_for_staff_and_whole_for_the_residents_side(relief):
    path, mother, daughter = await _application_with_evidence(relief)
    for by in (mother, daughter):
        shown = relief.ok(await relief.service.get(path, by=by))
        assert [each["note"] for each in shown["evidence"]] == [MEDICAL, "单位证明"]
        assert (shown["payee_name"], shown["bank_account"]) == ("王秀英", "****3445")
    for who in ("worker", "street", "district"):
        answer = await relief.service.get(path, by=relief.who(who))
        assert MEDICAL not in answer.text
        shown = relief.ok(answer)
        assert [each["note"] for each in shown["evidence"]] == [None, None]
        assert {each["added_by"] for each in shown["evidence"]} == {str(mother.subject)}
        assert all(each["at"] for each in shown["evidence"])
        assert (shown["payee_name"], shown["reason"]) == ("王**", "丈夫住院,收入不足。")
    assert await relief.service.audited("look") == []


async def test_a_worker_whom_the_resident_let_act_for_them_reads_as_they_do(relief):
    path, mother, _ = await _application_with_evidence(relief)
    await relief.consent(mother.subject, relief.who("worker2").subject)
    shown = relief.ok(await relief.service.get(path, by=relief.who("worker2")))
    assert ([each["note"] for each in shown["evidence"]], shown["payee_name"]) == (
        [MEDICAL, "单位证明"],
        "王秀英",
    )


async def test_evidence_and_the_payee_are_revealed_to_officers_for_a_reason_that_is_written_down(relief):
    path, mother, _ = await _application_with_evidence(relief)
    application_id = path.rpartition("/")[2]
    for who in ("worker", "street", "district"):
        revealed = await _reveal(relief, application_id, who, "payee_name", "evidence", "evidence")
        assert ([each["note"] for each in revealed["evidence"]], revealed["payee_name"]) == (
            [MEDICAL, "单位证明"],
            "王秀英",
        )
        assert revealed["bank_account"] is None
        [look] = (await relief.service.audited("look"))[-1:]
        assert (look["actor"], look["subject"], look["reason"]) == (
            relief.who(who).subject,
            mother.subject,
            "核对",
        )
        assert look["object"] == {
            "what": "relief.evidence, relief.payee_name",
            "application_id": application_id,
        }
    async with relief.service.tx() as tx:
        kept = await tx.fetch("SELECT body FROM idempotency WHERE body IS NOT NULL")
    assert all(MEDICAL.encode() not in row["body"] for row in kept)


async def test_finance_is_shown_the_payee_and_no_evidence(relief):
    [application_id] = await relief.active(await relief.programme())
    revealed = await _reveal(relief, application_id, "finance1", "payee_name", "bank_account")
    assert revealed == {"payee_name": "王秀英", "bank_account": relief.account, "evidence": None}
    looks = await relief.service.audited("look")
    body = {"parts": ["bank_account", "evidence"], "reason": "好奇"}
    refused = await relief.act(f"/applications/{application_id}/reveal", "finance1", **body)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "not-yours")
    assert await relief.service.audited("look") == looks


async def _plain(relief, words):
    """Tables in which these words stand as they are."""
    found = set()
    async with relief.service.owner() as owner:
        await owner.execute("SELECT set_config('linli.caller', '{\"system\":true}', true)")
        for row in await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            table = row["tablename"]
            plain, in_hex = (f"%{each}%" for each in (words, words.encode().hex()))
            if await owner.fetchval(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE $1 OR t::text LIKE $2', plain, in_hex
            ):
                found.add(table)
    return found


@pytest.mark.parametrize("decision", ["return", "reject"])
@pytest.mark.parametrize("bulk", [True, False])
async def test_why_officers_declined_is_sealed_and_for_the_residents_side_and_the_units_staff(
    relief, decision, bulk
):
    words = "身份证 11010119900307803X 与账号不符"
    path, mother, daughter = await _application_with_evidence(relief)
    if bulk:
        [row] = await relief.decide(
            "verify", [path.rpartition("/")[2]], "worker", decision=decision, reason=words
        )
        assert row["ok"]
    else:
        answer = await relief.act(f"{path}/{decision}", "worker", reason=words)
        assert words not in str(relief.ok(answer))
    for by in (mother, daughter, relief.who("worker"), relief.who("street"), relief.who("district")):
        assert relief.ok(await relief.service.get(path, by=by))["decision_reason"] == words
    for who in ("worker", "auditor"):
        listed = relief.ok(await relief.service.get("/applications", by=relief.who(who)))["items"]
        assert [each["id"] for each in listed] == [path.rpartition("/")[2]]
        assert words not in str(listed)
    assert await _plain(relief, words) == set()
    held = relief.ok(await relief.service.get("/me/data/relief", by=mother))["held"]
    assert held["application"][0]["reason"] == words
    await _erase(relief, mother.subject)
    shown = relief.ok(await relief.service.get(path, by=relief.who("worker")))
    assert shown["decision_reason"] is None


@pytest.mark.parametrize("decision", ["return", "reject"])
async def test_what_waits_of_an_erased_resident_can_still_be_declined(relief, decision):
    path, mother, _ = await _application_with_evidence(relief)
    await _erase(relief, mother.subject)
    answer = await relief.act(f"{path}/{decision}", "worker", reason="已注销")
    assert relief.ok(answer)["state"] in ("returned_for_evidence", "rejected")
    shown = relief.ok(await relief.service.get(path, by=relief.who("worker")))
    assert shown["decision_reason"] is None


async def _returned(relief, words):
    """A payment that came back, with these words of the bank."""
    programme = await relief.programme()
    await relief.active(programme)
    run = await relief.sent(programme)
    [payment] = await relief.payments(run)
    answer = await relief.bank_says(run, f"{payment['id']},returned,600.00,AC01,{words},2026-12-03")
    assert answer["applied"] == 1
    assert words not in str(answer)
    return run, payment


async def test_what_the_bank_wrote_is_sealed_and_lists_show_its_code_alone(relief):
    words = f"账号{relief.account}已销户"
    run, payment = await _returned(relief, words)
    for who in ("finance1", "auditor"):
        answer = await relief.service.get(f"/payments?payment_run_id={run}", by=relief.who(who))
        [listed] = relief.ok(answer)["items"]
        assert listed["code"] == "AC01"
        assert words not in answer.text
    assert await _plain(relief, words) == set()
    reissued = await relief.act(f"/payments/{payment['id']}/reissue", "finance1", bank_account=None)
    assert words not in str(relief.ok(reissued))
    resident_id = UUID(payment["resident_id"])
    by = relief.resident(resident_id)
    held = relief.ok(await relief.service.get("/me/data/relief", by=by))["held"]
    assert (held["payment"][0]["code"], held["payment"][0]["reason"]) == ("AC01", words)
    await _erase(relief, resident_id)
    held = relief.ok(await relief.service.get("/me/data/relief", by=by))["held"]
    assert (held["payment"][0]["code"], held["payment"][0]["reason"]) == ("AC01", None)


async def test_what_the_bank_wrote_is_shown_to_finance_for_a_reason_that_is_written_down(relief):
    words = f"账号{relief.account}已销户"
    _, payment = await _returned(relief, words)
    path = f"/payments/{payment['id']}/reveal"
    for who in ("finance1", "finance_lead1"):
        revealed = await relief.act(path, who, reason="核对退回原因")
        assert relief.ok(revealed) == {"bank_reason": words}
        [look] = (await relief.service.audited("look"))[-1:]
        assert (look["actor"], str(look["subject"]), look["reason"]) == (
            relief.who(who).subject,
            payment["resident_id"],
            "核对退回原因",
        )
        assert look["object"] == {"what": "relief.bank_reason", "payment_id": payment["id"]}
    looks = await relief.service.audited("look")
    for who, status in (("worker", 403), ("auditor", 403)):
        assert (await relief.act(path, who, reason="好奇")).status_code == status
    elsewhere = relief.service.caller(posts=[("finance", uuid4(), "02")])
    body = {"json": {"reason": "好奇"}, "by": elsewhere}
    assert (await relief.service.post(path, **body)).status_code == 404
    assert (await relief.act(path, "finance1", reason=" ")).status_code == 422
    assert await relief.service.audited("look") == looks


async def test_the_banks_answer_about_an_erased_resident_takes_effect_without_its_words(relief):
    programme = await relief.programme()
    await relief.active(programme)
    run = await relief.sent(programme)
    [payment] = await relief.payments(run)
    await _erase(relief, payment["resident_id"])
    answer = await relief.bank_says(run, f"{payment['id']},returned,600.00,AC01,销户,2026-12-03")
    assert (answer["applied"], answer["run"]["state"]) == (1, "settled")
    revealed = await relief.act(f"/payments/{payment['id']}/reveal", "finance1", reason="核对")
    assert relief.ok(revealed) == {"bank_reason": None}


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
    revealed = await _reveal(relief, application_id, "worker", "payee_name", "bank_account")
    assert revealed == NOTHING
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
    assert relief.ok(shown)["payee_name"] == "王**"


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
