"""What volunteer matching does: one verb, one file."""

from volunteer_matching.actions.accept_offer import accept_offer
from volunteer_matching.actions.cancel_task import cancel_task
from volunteer_matching.actions.check_in import check_in
from volunteer_matching.actions.check_out import check_out
from volunteer_matching.actions.confirm_task import confirm_task
from volunteer_matching.actions.decline_offer import decline_offer
from volunteer_matching.actions.escalate_task import escalate_task
from volunteer_matching.actions.expire_offers import expire_offers
from volunteer_matching.actions.open_task import open_task
from volunteer_matching.actions.propose_match import propose_match
from volunteer_matching.actions.register_volunteer import register_volunteer
from volunteer_matching.actions.step_back import step_back

__all__ = [
    "accept_offer",
    "cancel_task",
    "check_in",
    "check_out",
    "confirm_task",
    "decline_offer",
    "escalate_task",
    "expire_offers",
    "open_task",
    "propose_match",
    "register_volunteer",
    "step_back",
]
