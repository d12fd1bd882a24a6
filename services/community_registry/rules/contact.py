"""For how long a piece of work needs the contact of the person for whom it is done."""

from datetime import datetime, timedelta

# It may begin late and take longer; a check-out that is forgotten does not keep a contact open for good.
GRACE = timedelta(days=3)


def needed_until(ends_at: datetime) -> datetime:
    return ends_at + GRACE
