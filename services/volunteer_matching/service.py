"""The manifest of volunteer matching."""

from platform_kit.personal_data import personal_data_router
from platform_kit.service import Service
from volunteer_matching.consumers import CONSUMERS
from volunteer_matching.held import HELD
from volunteer_matching.policy import POLICY
from volunteer_matching.routes import router
from volunteer_matching.tables import Row
from volunteer_matching.timers import TIMERS

SERVICE = Service(
    name="volunteer_matching",
    prefix="VOLUNTEERS",
    title="志愿服务 Volunteer matching",
    metadata=Row.metadata,
    routers=(router, personal_data_router("volunteers", HELD)),
    policy=POLICY,
    consumers=CONSUMERS,
    timers=TIMERS,
)
