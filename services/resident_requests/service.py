"""The manifest of resident requests."""

from platform_kit.personal_data import personal_data_router
from platform_kit.service import Service
from resident_requests import duplicate_routes, import_routes, outcome_routes
from resident_requests.consumers import CONSUMERS
from resident_requests.held import HELD
from resident_requests.open311_routes import router as open311
from resident_requests.open311_routes import staff_router as open311_staff
from resident_requests.policy import POLICY
from resident_requests.public_tables import METADATA
from resident_requests.routes import router
from resident_requests.routing_routes import router as routing_router
from resident_requests.settings import RequestSettings
from resident_requests.statistics_routes import router as statistics
from resident_requests.timers import TIMERS
from resident_requests.work_routes import router as work

SERVICE = Service(
    name="resident_requests",
    prefix="REQUESTS",
    title="居民求助 Resident requests",
    metadata=METADATA,
    # `/requests/followed` before `/requests/{request_id}`, which would take it for an id.
    routers=(
        statistics,
        work,
        duplicate_routes.router,
        outcome_routes.router,
        import_routes.router,
        router,
        routing_router,
        open311,
        open311_staff,
        personal_data_router("requests", HELD),
    ),
    policy=POLICY,
    consumers=CONSUMERS,
    timers=TIMERS,
    settings=RequestSettings,
)
