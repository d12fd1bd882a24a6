"""How often something may be tried: so many times within any stretch of so long."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`what` is counted for each phone, account or address by itself."""

    what: str
    times: int
    within: timedelta


CODES_FOR_A_PHONE = Limit("codes for a phone", 10, timedelta(hours=1))
CODES_FROM_AN_ADDRESS = Limit("codes from an address", 100, timedelta(hours=1))
TRIES_OF_AN_ACCOUNT = Limit("tries of an account", 10, timedelta(minutes=15))
# A community office is one address: its people fail now and then, and who succeeds is not counted.
FAILURES_FROM_AN_ADDRESS = Limit("failures from an address", 60, timedelta(minutes=15))
