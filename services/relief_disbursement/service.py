"""The manifest of relief."""

from platform_kit.personal_data import personal_data_router
from platform_kit.service import Service
from relief_disbursement.consumers import CONSUMERS
from relief_disbursement.held import HELD
from relief_disbursement.payment_routes import router as payment_router
from relief_disbursement.policy import POLICY
from relief_disbursement.routes import router
from relief_disbursement.settings import ReliefSettings
from relief_disbursement.tables import Row

SERVICE = Service(
    name="relief_disbursement",
    prefix="RELIEF",
    title="救助发放 Relief disbursement",
    metadata=Row.metadata,
    routers=(router, payment_router, personal_data_router("relief", HELD)),
    policy=POLICY,
    consumers=CONSUMERS,
    settings=ReliefSettings,
)
