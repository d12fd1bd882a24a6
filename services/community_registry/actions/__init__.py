"""What the registry does: one verb, one file."""

from community_registry.actions.appoint_staff import appoint_staff
from community_registry.actions.end_appointment import end_appointment
from community_registry.actions.open_unit import open_unit
from community_registry.actions.record_consent import record_consent
from community_registry.actions.register_household import register_household
from community_registry.actions.register_resident import register_resident
from community_registry.actions.register_staff import register_staff

__all__ = [
    "appoint_staff",
    "end_appointment",
    "open_unit",
    "record_consent",
    "register_household",
    "register_resident",
    "register_staff",
]
