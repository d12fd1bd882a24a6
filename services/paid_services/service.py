"""The manifest of paid services."""

from paid_services.consumers import CONSUMERS
from paid_services.finance_routes import router as finance_router
from paid_services.held import HELD
from paid_services.policy import POLICY
from paid_services.routes import router
from paid_services.tables import Row
from platform_kit.personal_data import personal_data_router
from platform_kit.service import Service

SERVICE = Service(
    name="paid_services",
    prefix="PAID",
    title="低偿服务 Paid services",
    metadata=Row.metadata,
    routers=(router, finance_router, personal_data_router("paid", HELD)),
    policy=POLICY,
    consumers=CONSUMERS,
)
