"""The manifest of the gateway."""

from platform_kit.service import Service
from resident_gateway.clients import open_clients
from resident_gateway.consumers import CONSUMERS
from resident_gateway.forwarding import describe, forwarding_router
from resident_gateway.policy import POLICY
from resident_gateway.routes import home, router
from resident_gateway.settings import GatewaySettings
from resident_gateway.tables import Row
from resident_gateway.web.pages import router as pages

SERVICE = Service(
    name="resident_gateway",
    prefix="GATEWAY",
    title="邻里 Linli",
    metadata=Row.metadata,
    routers=(home, router, pages, forwarding_router()),
    policy=POLICY,
    consumers=CONSUMERS,
    settings=GatewaySettings,
    describe=describe,
    startup=open_clients,
    behind_gateway=False,
)
