"""What the registry does: one verb, one file."""

from community_registry.actions.appoint_staff import appoint_staff
from community_registry.actions.correct_resident import correct_resident
from community_registry.actions.end_appointment import end_appointment
from community_registry.actions.erase_resident import erase_resident
from community_registry.actions.find_residents import find_residents
from community_registry.actions.open_person import open_person
from community_registry.actions.open_unit import open_unit
from community_registry.actions.read_contact import read_contact
from community_registry.actions.record_consent import record_consent
from community_registry.actions.register_household import register_household
from community_registry.actions.register_resident import register_resident
from community_registry.actions.register_staff import register_staff
from community_registry.actions.reveal_resident import reveal_resident
from community_registry.actions.set_calendar import set_calendar
from community_registry.actions.set_place import set_place

__all__ = [
    "appoint_staff",
    "correct_resident",
    "end_appointment",
    "erase_resident",
    "find_residents",
    "open_person",
    "open_unit",
    "read_contact",
    "record_consent",
    "register_household",
    "register_resident",
    "register_staff",
    "reveal_resident",
    "set_calendar",
    "set_place",
]
