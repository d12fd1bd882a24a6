"""The manifest of the gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from platform_kit.kit import Kit
from platform_kit.personal_data import personal_data_router
from platform_kit.service import Service
from resident_gateway.admission import admission
from resident_gateway.clients import open_clients
from resident_gateway.consumers import CONSUMERS
from resident_gateway.errands import ERRANDS
from resident_gateway.forwarding import PREFIX, describe, forwarding_router
from resident_gateway.messages import open_channel
from resident_gateway.my_data import HELD
from resident_gateway.my_data import router as my_data
from resident_gateway.notices import NOTIFICATIONS
from resident_gateway.notification_routes import router as notifications
from resident_gateway.open311_answers import Open311Answers
from resident_gateway.open311_routes import router as open311
from resident_gateway.policy import POLICY
from resident_gateway.provider import open_provider
from resident_gateway.routes import API, home, router
from resident_gateway.settings import GatewaySettings
from resident_gateway.sign_in_routes import router as signing_in
from resident_gateway.tables import Row
from resident_gateway.timers import TIMERS
from resident_gateway.views.kept_pages import open_pages
from resident_gateway.web.audit_pages import router as audit_pages
from resident_gateway.web.notification_pages import router as notification_pages
from resident_gateway.web.pages import router as pages


@asynccontextmanager
async def startup(kit: Kit) -> AsyncIterator[None]:
    async with open_clients(kit), open_channel(kit), open_provider(kit), open_pages(kit):
        yield


SERVICE = Service(
    name="resident_gateway",
    prefix="GATEWAY",
    title="邻里 Linli",
    metadata=Row.metadata,
    routers=(
        home,
        router,
        signing_in,
        notifications,
        my_data,
        personal_data_router("gateway", HELD, prefix=PREFIX),
        pages,
        audit_pages,
        open311,
        notification_pages,
        forwarding_router(),
    ),
    policy=POLICY,
    consumers=(*CONSUMERS, NOTIFICATIONS),
    timers=TIMERS,
    errands=ERRANDS,
    settings=GatewaySettings,
    describe=describe,
    startup=startup,
    admission=admission,
    around=Open311Answers,
    behind_gateway=False,
    public_root=API,
)
