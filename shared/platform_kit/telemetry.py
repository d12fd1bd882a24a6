"""JSON logs that carry the correlation id of the call or event behind them, and the kit's metrics."""

import logging
import sys
from contextvars import ContextVar

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[str] = ContextVar("causation_id", default="")
traceparent: ContextVar[str] = ContextVar("traceparent", default="")

REQUESTS = Histogram(
    "http_request_seconds", "HTTP answers by route", ("service", "method", "route", "status")
)
TURNED_AWAY = Counter("http_turned_away", "Calls refused because too many were there at once", ("service",))
TAKEN_IN = Gauge("http_taken_in", "Calls that are being worked on", ("service",))
CONNECTIONS_IN_USE = Gauge("database_connections_in_use", "Of the pool, by somebody just now", ("service",))
OUTBOX_UNSENT = Gauge("outbox_unsent", "Events that wait to be sent", ("service",))
OUTBOX_AGE = Gauge("outbox_age_seconds", "Age of the oldest event that waits to be sent", ("service",))
EVENTS_SENT = Counter("events_sent", "Events that the broker acknowledged", ("service",))
EVENTS_APPLIED = Counter("events_applied", "Events that took effect", ("service", "consumer"))
EVENTS_PARKED = Counter("events_parked", "Events that were set aside", ("service", "consumer"))
PARKED_KEYS = Gauge("parked_keys", "Aggregates that wait behind a parked event", ("service",))


def _context(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if value := correlation_id.get():
        event["correlation_id"] = value
    return event


def _of(service: str, process: str) -> structlog.typing.Processor:
    return lambda _, __, event: {**event, "service": service, "process": process}


def configure_logs(service: str, process: str) -> None:
    """One JSON object a line on standard output; personal data is never logged, so values are ids and counts."""
    structlog.configure(
        processors=[
            _context,
            _of(service, process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda value, **_: orjson.dumps(value, default=str)),
        ],
        logger_factory=structlog.BytesLoggerFactory(file=sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
