"""What is kept of a resident, opened: for masking, for a correction, or for whoever may see it in full."""

from community_registry.rules.person import Person
from community_registry.rules.sealed import ADDRESS, ID_NUMBER, NAME, PHONE
from community_registry.store import Resident
from platform_kit.sealing import Sealer


async def open_person(sealer: Sealer, resident: Resident) -> Person:
    """Their address is their household's, under a key of the household's own."""
    key, home = await sealer.key(resident.key), await sealer.key(resident.home_key)
    return Person(
        name=key.open(resident.name, for_=NAME),
        phone=key.open(resident.phone, for_=PHONE),
        id_number=key.open(resident.id_number, for_=ID_NUMBER),
        address=home.open(resident.address, for_=ADDRESS),
    )
