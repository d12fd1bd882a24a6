"""JSON logs that carry the correlation id of the call or event behind them, and the kit's metrics."""

import asyncio
import atexit
import logging
import sys
from contextvars import ContextVar

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
causation_id: ContextVar[str] = ContextVar("causation_id", default="")
traceparent: ContextVar[str] = ContextVar("traceparent", default="")
caller_address: ContextVar[str] = ContextVar("caller_address", default="")

REQUESTS = Histogram(
    "http_request_seconds", "HTTP answers by route", ("service", "method", "route", "status")
)
TURNED_AWAY = Counter("http_turned_away", "Calls refused because too many were there at once", ("service",))
RATE_LIMITED = Counter(
    "http_rate_limited", "Calls refused because their principal made too many", ("service", "kind")
)
TAKEN_IN = Gauge("http_taken_in", "Calls that are being worked on", ("service",))
CONNECTIONS_IN_USE = Gauge("database_connections_in_use", "Of the pool, by somebody just now", ("service",))
OUTBOX_UNSENT = Gauge("outbox_unsent", "Events that wait to be sent; 100,000 stands for more", ("service",))
OUTBOX_AGE = Gauge("outbox_age_seconds", "Age of the oldest event that waits to be sent", ("service",))
EVENTS_SENT = Counter("events_sent", "Events that the broker acknowledged", ("service",))
EVENTS_APPLIED = Counter("events_applied", "Events that took effect", ("service", "consumer"))
EVENTS_PARKED = Counter("events_parked", "Events that were set aside", ("service", "consumer"))
PARKED_KEYS = Gauge("parked_keys", "Aggregates that wait behind a parked event", ("service",))
AUDIT_UNCHAINED = Gauge(
    "audit_unchained", "Audit rows that wait for their link; 100,000 stands for more", ("service",)
)
AUDIT_LAG = Gauge("audit_lag_seconds", "Age of the oldest audit row that waits for its link", ("service",))
AUDIT_UNANCHORED = Gauge("audit_unanchored", "Links since the last anchor outside the database", ("service",))
ERRANDS = Counter(
    "errands", "What was asked of somebody outside: done, failed or refused", ("service", "kind", "outcome")
)
ERRANDS_RESTING = Gauge(
    "errands_resting", "1 while nobody outside is asked, after failures in a row", ("service", "kind")
)
AUDIT_LOST = Counter("audit_lost", "Refusals that could not be written down; the log has them", ("service",))


GATHER_SECONDS = 0.05


class Lines:
    """Standard output, a moment's lines in one write: whoever reads the pipe may be slower than we are, and then each
    write of its own waits (beside other work that was a quarter of an answer's time). What warns is written at once."""

    def __init__(self) -> None:
        self._out = open(sys.stdout.fileno(), "wb", buffering=64 * 1024, closefd=False)  # noqa: SIM115
        self._waits = False
        atexit.register(self._flush)

    def info(self, line: bytes) -> None:
        self._out.write(line + b"\n")
        if self._waits:
            return
        try:
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._flush)
            self._waits = True
        except RuntimeError:
            self._flush()

    def warning(self, line: bytes) -> None:
        self._out.write(line + b"\n")
        self._flush()

    error = critical = exception = warning

    def _flush(self) -> None:
        self._waits = False
        self._out.flush()


def _context(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if value := correlation_id.get():
        event["correlation_id"] = value
    return event


def _of(service: str, process: str) -> structlog.typing.Processor:
    return lambda _, __, event: {**event, "service": service, "process": process}


def configure_logs(service: str, process: str) -> None:
    """One JSON object a line on standard output; personal data is never logged, so values are ids and counts."""
    lines = Lines()
    structlog.configure(
        processors=[
            _context,
            _of(service, process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=lambda value, **_: orjson.dumps(value, default=str)),
        ],
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
