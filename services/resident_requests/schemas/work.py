"""Bodies and answers about the work of staff."""

from datetime import datetime
from uuid import UUID

from platform_kit.schemas import Body, View


class Assignment(Body):
    """`assignee_id`: whoever is to do it, of the staff of its unit or above; also whoever says so."""

    assignee_id: UUID


class _Figures(View):
    """Of open requests: how many, how many wait for their resident or are overdue, how long they have been waiting."""

    unit_id: UUID
    open: int
    awaiting_resident: int
    overdue: int
    under_a_day: int
    under_a_week: int
    older: int
    oldest_at: datetime


class FiguresView(_Figures):
    """Of the open requests of a category in a unit."""

    category: str


class AssigneeFiguresView(_Figures):
    """Of the open requests in a unit that one person was given; null: that nobody was."""

    assignee_id: UUID | None
