"""王奶奶 asks for help; a task is made of it, two volunteers accept at once, one wins, it is done and confirmed."""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from local_runtime.demo import people
from local_runtime.demo.client import Client, Refused, eventually, when_known
from local_runtime.demo.stage import Stage


async def ask_for_help(stage: Stage) -> str:
    """The request of this run."""
    wang, daughter = stage.clients["wang"], stage.clients["daughter"]
    worker = stage.clients[people.FILER.account]
    racers = [stage.clients["volunteer-a"], stage.clients["volunteer-b"]]
    with stage.scene("help") as say:
        for key, racer in zip(("volunteer-a", "volunteer-b"), racers, strict=True):
            await when_known(partial(racer.post, "/volunteers", f"demo/{key}", {"skills": ["errand"]}))
        body = {
            "category": "errand", "words": "腿脚不便,请帮我买一袋米和降压药", "place": {"address": "三单元502"},
            "resident_id": stage.people["wang"],
        }  # fmt: skip
        request = await when_known(lambda: daughter.post("/requests", f"{stage.run}/request", body))
        wanted = datetime.fromisoformat(request["occurred_at"]) + timedelta(hours=3)
        triage = {"route": "volunteers", "wanted_from": wanted.isoformat()}
        await when_known(
            lambda: worker.post(f"/requests/{request['id']}/triage", f"{stage.run}/triage", triage)
        )
        offers = await asyncio.gather(*(_offer(racer, wanted) for racer in racers))
        outcomes = await asyncio.gather(
            *(
                _accept(racer, offer, f"{stage.run}/accept")
                for racer, offer in zip(racers, offers, strict=True)
            )
        )
        if sorted(status for status, _ in outcomes) != [200, 409]:
            raise AssertionError(f"one should win and one should lose: {outcomes}")
        winner = racers[[status for status, _ in outcomes].index(200)]
        loser_says = next(problem for status, problem in outcomes if status == 409)
        await eventually(
            lambda: wang.get(f"/requests/{request['id']}"), lambda r: r["state"] == "assigned", "assigned"
        )
        await _serve(winner, wang, offers[0]["task_id"], request["id"], stage.run)
        say(f"{request['case_number']} filed by the daughter; both volunteers accepted at once: one 200, "
            f"one 409 “{loser_says['detail']}”; done and confirmed")  # fmt: skip
    return str(request["id"])


async def _offer(volunteer: Client, wanted: datetime) -> Any:
    """The offer for this run's request: the one that starts when it is wanted."""

    def mine(offers: Any) -> list[Any]:
        return [o for o in offers if datetime.fromisoformat(o["starts_at"]) == wanted]

    offers = await eventually(
        lambda: volunteer.get("/volunteers/me/offers"), lambda found: bool(mine(found)), "an offer"
    )
    return mine(offers)[0]


async def _accept(volunteer: Client, offer: Any, key: str) -> tuple[int, dict[str, Any]]:
    try:
        return 200, await volunteer.post(f"/offers/{offer['id']}/accept", key)
    except Refused as refusal:
        return refusal.status, refusal.problem


async def _serve(winner: Client, wang: Client, task_id: str, request_id: str, run: str) -> None:
    await winner.post(f"/tasks/{task_id}/check-in", f"{run}/check-in")
    await winner.post(f"/tasks/{task_id}/check-out", f"{run}/check-out")
    await wang.post(f"/tasks/{task_id}/confirm", f"{run}/confirm-task")
    await eventually(
        lambda: wang.get(f"/requests/{request_id}"), lambda r: r["state"] == "resolved", "resolved"
    )
    await wang.post(f"/requests/{request_id}/confirm", f"{run}/confirm")
