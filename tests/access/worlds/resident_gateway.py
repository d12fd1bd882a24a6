"""The gateway's accounts and timelines. Behind it stands nobody: what it forwards is judged where it is answered."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from pyotp import parse_uri

from access.world import Case, World
from event_contracts.community_registry import StaffAppointed
from event_contracts.resident_requests import RequestFollowed, RequestSubmitted
from platform_kit.clock import now
from resident_gateway.rules.notification import notification_id

SIDES = {"A": ("resident_a", "x"), "B": ("resident_b", "y")}

OPERATOR_PASSWORD = "the operator's own password"


class Gateway(World):
    async def settle(self) -> None:
        await super().settle()
        for owner, (name, _) in SIDES.items():
            shown = f"{owner}奶奶 {uuid4().hex[:8]}"
            await self._account(name, shown)
            self.told(owner, shown, self.id_of(name))

    async def _account(self, name: str, display_name: str) -> str:
        phone = f"138{uuid4().int % 10**8:08d}"
        account: dict[str, Any] = {
            "account": phone, "display_name": display_name, "kind": "code", "subject": self.id_of(name),
            "roles": ["resident"],
        }  # fmt: skip
        await self.call("POST", "/api/v1/auth/accounts", "operator", **account)
        return phone

    async def _filed(self, owner: str) -> str:
        """A request of theirs has come to their timeline."""
        name, place = SIDES[owner]
        number, subject = f"{uuid4().int % 10**9:09d}", self.people.subjects[name]
        request = RequestSubmitted(
            request_id=uuid4(), resident_id=subject, unit_id=self.people.units[place], case_number=number,
            category="errand", filed_by=subject, occurred_at=datetime.now(UTC),
        )  # fmt: skip
        await self.service.deliver("timeline", request)
        self.told(owner, request.request_id, number)
        return str(request.request_id)

    async def a_new_account(self) -> Case:
        return Case(
            json={
                "account": f"operator-{uuid4().hex[:12]}", "display_name": "新账户", "kind": "password",
                "password": f"a password {uuid4().hex}", "subject": str(uuid4()), "roles": ["operator"],
            }
        )  # fmt: skip

    async def a_phone(self) -> Case:
        return Case(json={"phone": f"138{uuid4().int % 10**8:08d}"})

    async def a_password(self) -> Case:
        return Case(json={"grant_type": "password", "account": "operator", "password": OPERATOR_PASSWORD})

    async def _staff_account(self, subject: str | None = None) -> dict[str, str]:
        """Of somebody new, unless said: a second factor is confirmed once."""
        proof = {"account": f"staff-{uuid4().hex[:12]}", "password": f"a password {uuid4().hex}"}
        more: dict[str, Any] = {
            "display_name": "新同事",
            "kind": "password",
            "subject": subject or str(uuid4()),
            "roles": [],
        }
        await self.call("POST", "/api/v1/auth/accounts", "operator", **proof, **more)
        return proof

    async def _refresh_token(self, subject: str | None = None) -> str:
        proof = await self._staff_account(subject)
        signed_in = await self.call("POST", "/api/v1/auth/token", "nobody", grant_type="password", **proof)
        return str(signed_in["refresh_token"])

    async def a_session(self) -> Case:
        return Case(json={"grant_type": "refresh", "refresh_token": await self._refresh_token()})

    async def a_session_to_end(self) -> Case:
        return Case(json={"refresh_token": await self._refresh_token()})

    async def a_session_of_a(self) -> Case:
        await self._refresh_token(self.id_of("resident_a"))
        return Case()

    async def a_code_of_a(self) -> Case:
        phone = await self._account("resident_a", f"A奶奶 {uuid4().hex[:8]}")
        await self.call("POST", "/api/v1/auth/otp", "nobody", phone=phone)
        return Case()

    async def appointment_of_x(self) -> Case:
        appointed = StaffAppointed(
            staff_id=self.people.subjects["worker_x"],
            appointment_id=uuid4(),
            post="worker",
            unit_id=self.people.units["x"],
            from_on=date(2026, 1, 1),
            until_on=None,
        )
        await self.service.deliver("appointments", appointed)
        return Case()

    async def a_staff_account(self) -> Case:
        return Case(json=await self._staff_account())

    async def a_second_factor(self) -> Case:
        proof = await self._staff_account()
        begun = await self.call("POST", "/api/v1/auth/totp", "nobody", **proof)
        async with self.service.tx() as tx:
            code = parse_uri(begun["otpauth_uri"]).at(int((await now(tx)).timestamp()))
        return Case(json={**proof, "code": code})

    async def own_data(self) -> Case:
        shows = {owner: frozenset([await self._filed(owner)]) for owner in SIDES}
        return Case(shows=shows)

    async def oneself(self) -> Case:
        return Case(shows={owner: frozenset([self.id_of(name)]) for owner, (name, _) in SIDES.items()})

    async def timeline_of_a(self) -> Case:
        await self._filed("A")
        a = self.id_of("resident_a")
        return Case(query={"resident_id": a}, target=a)

    async def own_timelines(self) -> Case:
        shows = {owner: frozenset([await self._filed(owner)]) for owner in SIDES}
        return Case(query={"limit": "50"}, shows=shows)

    async def _told(self, owner: str) -> str:
        """A request of theirs was filed, and they were told; the notification."""
        name, place = SIDES[owner]
        number, subject = f"{uuid4().int % 10**9:09d}", self.people.subjects[name]
        request = RequestSubmitted(
            request_id=uuid4(), resident_id=subject, unit_id=self.people.units[place], case_number=number,
            category="errand", filed_by=subject, occurred_at=datetime.now(UTC),
        )  # fmt: skip
        await self.service.deliver("notifications", request)
        made = str(notification_id(subject, request.request_id, "request_received", 1))
        self.told(owner, request.request_id, number, made)
        return made

    async def notifications_of_both(self) -> Case:
        return Case(
            query={"limit": "200"}, shows={owner: frozenset([await self._told(owner)]) for owner in SIDES}
        )

    async def a_notification_of_a(self) -> Case:
        """Whose it is not, marks nothing: what it answers is how many of one's own are unread."""
        return Case(json={"ids": [await self._told("A")]})

    async def new_settings(self) -> Case:
        return Case(
            json={"language": "en", "channels": ["sms"], "quiet_hours": {"starts": "21:00", "ends": "08:00"}}
        )

    async def followers_of_both(self) -> Case:
        for name, place in SIDES.values():
            followed = RequestFollowed(
                request_id=uuid4(), resident_id=None, unit_id=self.people.units[place], case_number="000-000-009",
                category="environment", state="triaged", follower_ids=(self.people.subjects[name],),
            )  # fmt: skip
            await self.service.deliver("notifications", followed)
        return Case()

    async def settings_of_both(self) -> Case:
        for name, _ in SIDES.values():
            settings: dict[str, Any] = {"language": "en", "channels": [], "quiet_hours": None}
            await self.call("PUT", "/api/v1/me/notification-settings", name, **settings)
        return Case()

    async def a_failed_message_of_a(self) -> Case:
        """The operator is told which, and nothing of what it said."""
        made = await self._told("A")
        async with self.service.tx() as tx:
            await tx.execute(
                "UPDATE delivery SET state = 'failed', reason = 'answered 422', ended_at = linli_now()"
                " WHERE notification_id = $1",
                UUID(made),
            )
        self.secrets["A"].discard(made)
        return Case()
