"""The manifest of the registry."""

from community_registry.consumers import CONSUMERS
from community_registry.held import HELD
from community_registry.place_routes import router as place_router
from community_registry.policy import POLICY
from community_registry.routes import router
from community_registry.tables import Row
from platform_kit.personal_data import personal_data_router
from platform_kit.service import Service

SERVICE = Service(
    name="community_registry",
    prefix="REGISTRY",
    title="社区登记 Community registry",
    metadata=Row.metadata,
    routers=(router, place_router, personal_data_router("registry", HELD)),
    policy=POLICY,
    consumers=CONSUMERS,
)
