"""Requests of A in X and of B in Y, in every state that an operation needs."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from PIL import Image

from access.world import Case, World
from event_contracts.community_registry import StaffAppointed
from event_contracts.volunteer_matching import TaskAccepted
from platform_kit.ids import new_id

FILED_BY = {"A": "resident_a", "B": "resident_b"}
FOLLOWED_BY = {"A": "volunteer_other", "B": "provider"}
WORKER = {"A": "worker_x", "B": "worker_y"}


def _picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (6, 3), "red").save(written, "PNG")
    return written.getvalue()


class Requests(World):
    async def _submitted(self, owner: str = "A") -> Any:
        mark = uuid4().hex[:12]
        said = {
            "category": "errand",
            "words": f"请帮我买药 {mark}",
            "place": {"address": f"幸福路 {mark} 号"},
        }
        request = await self.call("POST", "/requests", FILED_BY[owner], **said)
        self.told(owner, request, said)
        return request | said

    async def _triaged(self, route: str = "community") -> Any:
        request = await self._submitted()
        await self.call("POST", f"/requests/{request['id']}/triage", "worker_x", route=route)
        return request

    async def _started(self) -> Any:
        request = await self._triaged()
        await self.call("POST", f"/requests/{request['id']}/start", "worker_x")
        return request

    def _case(self, request: Any, **json: Any) -> Case:
        return Case({"request_id": request["id"]}, json or None, target=request["id"])

    async def categories(self) -> Case:
        return Case()

    async def a_new_category(self) -> Case:
        content = {
            "name_zh": "新类别", "name_en": "New", "route": "community", "respond_hours": 4, "resolve_hours": 24,
            "escalate_hours": 8,
        }  # fmt: skip
        return Case({"code": f"c{uuid4().hex[:12]}"}, content, headers={"If-Match": '"0"'})

    async def routing_rules(self) -> Case:
        return Case()

    async def routing_rule_of_x(self) -> Case:
        x = str(self.people.units["x"])
        content = {"priority": 10, "unit_id": x, "categories": ["other"], "route": "community"}
        return Case({"code": f"r{uuid4().hex[:12]}"}, content, headers={"If-Match": '"0"'})

    async def request_to_correct(self) -> Case:
        case = self._case(await self._submitted(), words="请帮我买面")
        return replace(case, headers={"If-Match": '"1"'})

    async def _sent_twice(self, owner: str = "A") -> Any:
        made = str(new_id())
        for _ in range(2):
            said = {"category": "errand", "words": f"请帮我买面 {uuid4().hex[:12]}", "id": made}
            request = await self.call("POST", "/requests", FILED_BY[owner], **said)
            self.told(owner, said)
        return request["request"]

    async def request_sent_twice(self) -> Case:
        return self._case(await self._sent_twice())

    async def sent_twice_of_both(self) -> Case:
        for owner in "AB":
            await self._sent_twice(owner)
        return Case()

    async def _public(self, owner: str = "A") -> Any:
        mark = uuid4().hex[:12]
        said = {
            "category": "streetlight",
            "words": f"路灯不亮 {mark}",
            "place": {"address": f"幸福路 {mark} 号"},
        }
        request = await self.call("POST", "/requests", FILED_BY[owner], **said)
        # Its number, state and place are public; what was said, and by whom, is not.
        self.told(owner, said)
        return request | said

    async def public_request(self) -> Case:
        return self._case(await self._public())

    async def similar_for_a(self) -> Case:
        await self._public("B")
        a = self.id_of("resident_a")
        return Case(json={"category": "streetlight", "words": "路灯不亮", "resident_id": a}, target=a)

    async def similar_in_private(self) -> Case:
        await self._submitted("A")
        return Case(json={"category": "companionship", "words": "请帮我买药"})

    async def request_to_merge(self) -> Case:
        return self._case(await self._public(), into=(await self._public())["id"])

    async def request_merged_into(self) -> Case:
        one, into = await self._public(), await self._public()
        await self.call("POST", f"/requests/{one['id']}/merge", "worker_x", into=into["id"])
        return self._case(into)

    async def _joined(self) -> Any:
        """What a neighbour of A asked for, too, was merged into A's; A had said something about it."""
        request = await self._public()
        words = f"灯杆在我家窗下 {uuid4().hex[:12]}"
        await self.call("POST", f"/requests/{request['id']}/comments", "resident_a", words=words)
        self.told("A", words)
        other = await self.call(
            "POST", "/requests", "volunteer_beside", category="streetlight", words="路灯不亮"
        )
        await self.call("POST", f"/requests/{other['id']}/merge", "worker_x", into=request["id"])
        return request

    async def request_joined(self) -> Case:
        return self._case(await self._joined())

    async def neighbour_spoke(self) -> Case:
        request = await self._joined()
        await self.call("POST", f"/requests/{request['id']}/comments", "volunteer_beside", words="我也看到了")
        return Case()

    async def request_joined_to_talk_about(self) -> Case:
        return self._case(await self._joined(), words="我也看到了")

    async def _followed(self, owner: str = "A") -> Any:
        request = await self._public(owner)
        await self.call("POST", f"/requests/{request['id']}/follow", FOLLOWED_BY[owner])
        return request

    async def request_followed(self) -> Case:
        return self._case(await self._followed())

    async def followed_of_both(self) -> Case:
        for owner in "AB":
            await self._followed(owner)
        return Case()

    async def followed_requests(self) -> Case:
        request = await self._followed()
        return Case(
            query={"limit": "200"}, shows={"A": frozenset([request["id"]])}, beside=frozenset([request["id"]])
        )

    async def _done(self, request: Any, owner: str = "A") -> Any:
        for verb, sent in (("triage", {"route": "department"}), ("start", {}), ("resolve", {})):
            await self.call("POST", f"/requests/{request['id']}/{verb}", WORKER[owner], **sent)
        return request

    async def request_done_and_followed(self) -> Case:
        return self._case(await self._done(await self._followed()))

    async def request_to_rate(self) -> Case:
        return self._case(await self._done(await self._public()), stars=4, words="谢谢")

    async def _rated(self, owner: str = "A") -> Any:
        request = await self._done(await self._public(owner), owner)
        words = f"等了很久 {uuid4().hex[:12]}"
        await self.call("POST", f"/requests/{request['id']}/rating", FILED_BY[owner], stars=4, words=words)
        self.told(owner, words)
        return request

    async def request_rated(self) -> Case:
        return self._case(await self._rated())

    async def ratings_of_both(self) -> Case:
        for owner in "AB":
            await self._rated(owner)
        return Case()

    async def filing_for_a(self) -> Case:
        a = self.id_of("resident_a")
        return Case(json={"category": "errand", "words": "请帮她买米", "resident_id": a}, target=a)

    async def filing_for_oneself(self) -> Case:
        return Case(json={"category": "errand", "words": "请帮我买米"})

    async def requests_of_both(self) -> Case:
        return Case(
            query={"limit": "50"},
            shows={owner: frozenset([(await self._submitted(owner))["id"]]) for owner in "AB"},
        )

    async def requests_by_due(self) -> Case:
        case = await self.requests_of_both()
        return replace(case, query={"limit": "200", "order": "due"})

    async def requests_of_the_unit_of_a(self) -> Case:
        case, x = await self.requests_of_both(), str(self.people.units["x"])
        return replace(case, query={"limit": "200", "unit": x}, target=x)

    async def requests_begun_by_worker_x(self) -> Case:
        worker = str(self.id_of("worker_x"))
        begun = frozenset([(await self._started())["id"]])
        return Case(query={"limit": "200", "assignee": worker}, shows={"A": begun})

    async def figures_of_the_unit_of_a(self) -> Case:
        await self._started()
        x = str(self.people.units["x"])
        return Case(query={"unit": x}, target=x)

    async def figures(self) -> Case:
        return Case()

    async def statistics(self) -> Case:
        return Case(query={"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"})

    async def request_submitted(self) -> Case:
        return self._case(await self._submitted())

    async def request_to_triage(self) -> Case:
        return self._case(await self._submitted(), route="community")

    async def appointment_of_x(self) -> Case:
        appointed = StaffAppointed(
            staff_id=self.people.subjects["worker_x"], appointment_id=uuid4(), post="worker", unit_id=self.people.units["x"],
            from_on=date(2026, 1, 1), until_on=None,
        )  # fmt: skip
        await self.service.deliver("appointments", appointed)
        return Case()

    async def request_to_assign(self) -> Case:
        await self.appointment_of_x()
        return self._case(await self._triaged(), assignee_id=str(self.id_of("worker_x")))

    async def request_to_reject(self) -> Case:
        return self._case(await self._submitted(), reason="Outside our area.")

    async def request_triaged(self) -> Case:
        return self._case(await self._triaged())

    async def request_in_progress(self) -> Case:
        return self._case(await self._started())

    async def request_assigned(self) -> Case:
        request = await self._triaged("volunteers")
        await self.service.deliver(
            "tasks",
            TaskAccepted(
                task_id=uuid4(), request_id=UUID(request["id"]), resident_id=UUID(request["resident_id"]),
                unit_id=UUID(request["unit_id"]), offer_id=uuid4(), volunteer_id=uuid4(),
                person_id=self.people.subjects["volunteer"],
            ),
        )  # fmt: skip
        return self._case(request)

    async def request_to_talk_about(self) -> Case:
        return self._case(await self._submitted(), words="明天上午在家")

    async def request_to_note(self) -> Case:
        return self._case(await self._submitted(), words="家中有大狗", internal=True)

    async def _talked_about(self, owner: str = "A") -> Any:
        request, words = await self._submitted(owner), f"明天上午在家 {uuid4().hex[:12]}"
        await self.call("POST", f"/requests/{request['id']}/comments", FILED_BY[owner], words=words)
        self.told(owner, words)
        return request

    async def request_talked_about(self) -> Case:
        return self._case(await self._talked_about())

    async def comments_of_both(self) -> Case:
        for owner in "AB":
            await self._talked_about(owner)
        return Case()

    async def notes_of_both(self) -> Case:
        for owner in "AB":
            request = await self._submitted(owner)
            path = f"/requests/{request['id']}/comments"
            await self.call("POST", path, WORKER[owner], words="家中有大狗", internal=True)
        return Case()

    async def missed_of_both(self) -> Case:
        for owner in "AB":
            await self._submitted(owner)
        await self.service.advance(timedelta(days=30))
        await self.service.fire_timers()
        return Case()

    async def request_in_doubt(self) -> Case:
        return self._case(await self._started(), words="在几号楼?")

    async def request_in_question(self) -> Case:
        request = await self._started()
        await self.call("POST", f"/requests/{request['id']}/ask", "worker_x", words="在几号楼?")
        return self._case(request, words="3号楼")

    async def request_to_illustrate(self) -> Case:
        request = await self._submitted()
        return replace(self._case(request), content=_picture(), headers={"Content-Type": "image/png"})

    async def _illustrated(self, owner: str = "A") -> Any:
        request = await self._submitted(owner)
        name = f"门口 {uuid4().hex[:12]}"
        answer = await self.ask(
            "POST", f"/requests/{request['id']}/attachments", FILED_BY[owner], params={"name": f"{name}.png"},
            headers={"Content-Type": "image/png"}, content=_picture(),
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        self.told(owner, name)
        return request

    async def request_illustrated(self) -> Case:
        return self._case(await self._illustrated())

    async def picture(self) -> Case:
        request = await self._illustrated()
        return Case({"request_id": request["id"], "number": "1"}, target=request["id"])

    async def own_data(self) -> Case:
        shows = {}
        for owner in "AB":
            request = await self._illustrated(owner)
            shows[owner] = frozenset([request["id"], request["words"]])
        return Case(shows=shows)

    async def request_resolved(self) -> Case:
        request = await self._started()
        await self.call("POST", f"/requests/{request['id']}/resolve", "worker_x")
        return self._case(request)

    async def a_service(self) -> Case:
        return Case({"service_code": "graffiti"})

    async def a_new_key_for_x(self) -> Case:
        return Case(json={"name": "lane", "unit_id": str(self.people.units["x"])})

    async def _key(self, owner: str = "A") -> Any:
        place = {"A": "x", "B": "y"}[owner]
        said = {"name": "lane", "unit_id": str(self.people.units[place])}
        key = await self.call("POST", "/open311/keys", f"district_{place}", **said)
        self.told(owner, {"id": key["id"], "api_key": key["api_key"]})
        return key

    async def key_for_x(self) -> Case:
        key = await self._key()
        return Case({"key_id": key["id"]}, target=key["id"])

    async def keys_of_both(self) -> Case:
        return Case(shows={owner: frozenset([(await self._key(owner))["id"]]) for owner in "AB"})

    async def _report(self) -> dict[str, Any]:
        said = {"service_code": "graffiti", "lat": 30.5, "long": 114.3, "description": uuid4().hex}
        return {**said, "api_key": (await self._key())["api_key"]}

    async def a_report_with_a_key(self) -> Case:
        return Case(json=await self._report())

    async def a_public_report(self) -> Case:
        [filed] = await self.call("POST", "/open311/requests", "nobody", **await self._report())
        number = filed["service_request_id"]
        return Case({"service_request_id": number, "token": number})

    async def import_source_for_x(self) -> Case:
        return Case({"name": f"source-{uuid4().hex[:8]}"}, self._source())

    async def import_source_of_x(self) -> Case:
        name = f"source-{uuid4().hex[:8]}"
        await self.call("PUT", f"/import-sources/{name}", "operator", **self._source())
        return Case({"name": name})

    def _source(self) -> dict[str, Any]:
        return {
            "zone": "Asia/Shanghai",
            "categories": {"Graffiti": "graffiti"},
            "states": {"Open": "submitted"},
            "areas": {"7": str(self.people.units["x"])},
        }

    async def imported_into_x(self) -> Case:
        case = await self.import_into_x()
        await self.call("POST", "/requests/import", "operator", **case.json)
        return case

    async def import_into_x(self) -> Case:
        """A line that the source puts into X, and that is new."""
        name, number = f"source-{uuid4().hex[:8]}", uuid4().hex
        await self.call("PUT", f"/import-sources/{name}", "operator", **self._source())
        values = {
            "srnumber": number, "requesttype": "Graffiti", "status": "Open", "createddate": "1/1/26 10:23",
            "latitude": "30.5", "longitude": "114.3", "address": "幸福路", "nc": "7",
        }  # fmt: skip
        return Case(json={"source": name, "rows": [{"line": 2, "values": values}]})
