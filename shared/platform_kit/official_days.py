"""Which days a country works by its official calendar: its holidays, and the weekend days that are worked for them.

From the package chinesecalendar, which holds what the State Council has announced. It announces a year in November of the one
before, so the years after are not known: there a day is what its weekday is, until whoever keeps a calendar enters it.
"""

from datetime import date
from typing import Literal

import chinese_calendar

Country = Literal["CN"]
_FIRST_YEAR = min(chinese_calendar.holidays).year
LAST_YEAR_KNOWN = max(chinese_calendar.holidays).year


def officially_works(day: date) -> bool | None:
    """None where the official calendar says nothing of its own: an ordinary weekday or weekend, or a year it does not know."""
    if not _FIRST_YEAR <= day.year <= LAST_YEAR_KNOWN:
        return None
    if day in chinese_calendar.holidays:
        return False
    return True if day in chinese_calendar.workdays else None
