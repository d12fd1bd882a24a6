"""How often something may be tried: so many times within any stretch of so long."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`what` is counted for each phone, account, address … by itself."""

    what: str
    times: int
    within: timedelta


CODES_FOR_A_PHONE = Limit("codes for a phone", 10, timedelta(hours=1))
CODES_FROM_AN_ADDRESS = Limit("codes from an address", 100, timedelta(hours=1))
# From one address (the line of it, as `line_of` says): a stranger elsewhere locks nobody out of their account.
TRIES_OF_AN_ACCOUNT = Limit("tries of an account", 10, timedelta(minutes=15))
# Whoever has many addresses guesses no more than this. It takes ten of them to stand in somebody's way.
TRIES_FROM_ANYWHERE = Limit("tries of an account from anywhere", 100, timedelta(minutes=15))
# A community office is one address: its people fail now and then, and who succeeds is not counted.
FAILURES_FROM_AN_ADDRESS = Limit("failures from an address", 60, timedelta(minutes=15))
# Each code of the operator's second factor once: longer than any step of thirty seconds is accepted.
OPERATOR_STEP = Limit("a step of the operator", 1, timedelta(minutes=5))
