"""The registry over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from community_registry import actions, problems, schemas, store
from community_registry.policy import POLICY
from community_registry.rules import identity
from community_registry.rules.sealed import STAFF_NAME
from community_registry.rules.unit import Unit
from event_contracts.community_registry import WorkDay, WorkSpan
from platform_kit.calls import SeenVersion
from platform_kit.clock import now
from platform_kit.db import Tx
from platform_kit.edge import ByCaller, ForCaller, ForLook, refusals
from platform_kit.ids import new_id
from platform_kit.masking import ERASED, mask_name
from platform_kit.official_days import LAST_YEAR_KNOWN
from platform_kit.paging import Cursor, Limit, Page
from platform_kit.problems import ChangedMeanwhile, NotFound, NotYours, VersionMissing
from platform_kit.sealing import Sealer
from registry_replica.calendars import in_force
from registry_replica.permitted import permitted

router = APIRouter(tags=["gateway"])


@router.post("/units", status_code=201, response_model=schemas.UnitView,
             responses=refusals(problems.CodeTaken, problems.UnitMisplaced))  # fmt: skip
async def open_unit(body: schemas.NewUnit, command: ByCaller) -> Response:
    wanted = Unit(new_id(), body.parent_id, body.kind, body.code, body.name, body.zone)
    unit = await actions.open_unit(command.tx, wanted)
    return command.answer(schemas.UnitView.model_validate(unit), status=201)


@router.get("/units", response_model=list[schemas.UnitView])
async def list_units(read: ForCaller) -> list[schemas.UnitView]:
    return [schemas.UnitView.model_validate(unit) for unit in await store.units(read.tx)]


@router.put("/units/{unit_id}/calendar", response_model=schemas.CalendarView, responses=refusals())
async def set_calendar(unit_id: UUID, body: schemas.NewCalendar, command: ByCaller) -> Response:
    await actions.set_calendar(
        command.tx,
        unit_id,
        hours=[
            [WorkSpan.model_validate(span, from_attributes=True) for span in spans] for spans in body.hours
        ],
        days=[WorkDay.model_validate(day, from_attributes=True) for day in body.days],
        country=body.country,
        by=command.caller,
    )
    return command.answer(await _calendar(command.tx, unit_id))


@router.get("/units/{unit_id}/calendar", response_model=schemas.CalendarView, responses=refusals())
async def read_calendar(unit_id: UUID, read: ForCaller) -> schemas.CalendarView:
    return await _calendar(read.tx, unit_id)


@router.post("/households", status_code=201, response_model=schemas.HouseholdView,
             responses=refusals(problems.IdNumberTaken))  # fmt: skip
async def register_household(body: schemas.NewHousehold, command: ByCaller) -> Response:
    household, residents = await actions.register_household(
        command.tx, command.kit.sealer, unit_id=body.unit_id, address=body.address, members=body.members,
        by=command.caller,
    )  # fmt: skip
    view = await _household(command.kit.sealer, household, residents)
    return command.answer(view, status=201, about=[resident.id for resident in residents])


@router.get("/households/{household_id}", response_model=schemas.HouseholdView, responses=refusals())
async def read_household(household_id: UUID, read: ForCaller) -> schemas.HouseholdView:
    household = await store.household(read.tx, household_id)
    residents = await store.residents_of(read.tx, household_id)
    at = await now(read.tx)
    visible = [
        resident
        for resident in residents
        if await permitted(
            read.tx, read.caller, POLICY["read_household"], owner=resident.id, unit=resident.unit_id, at=at
        )
    ]
    if household is None or not visible:
        raise NotFound(what="household")
    return await _household(read.kit.sealer, household, visible)


@router.post("/households/{household_id}/residents", status_code=201, response_model=schemas.ResidentView,
             responses=refusals(problems.IdNumberTaken))  # fmt: skip
async def register_resident(household_id: UUID, body: schemas.NewMember, command: ByCaller) -> Response:
    resident = await actions.register_resident(
        command.tx, command.kit.sealer, household_id=household_id, member=body, by=command.caller
    )
    return command.answer(await _resident(command.kit.sealer, resident), status=201, about=[resident.id])


@router.get("/residents", response_model=Page[schemas.ResidentView], responses=refusals(), tags=["expensive"])
async def list_residents(
    read: ForCaller, phone: schemas.Digits | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.ResidentView]:
    """Yourself and who let you act for them; with a phone, staff find who has exactly that one in their units.

    Whoever searches by phone looks: that is written down, whether somebody has it or not.
    """
    number = identity.phone(phone, field="phone") if phone is not None else None
    residents, following = await actions.find_residents(
        read.tx, read.kit.sealer, number, by=read.caller, limit=limit, cursor=cursor
    )
    return Page(items=[await _resident(read.kit.sealer, resident) for resident in residents], next=following)


@router.get("/residents/{resident_id}", response_model=schemas.ResidentView, responses=refusals())
async def read_resident(resident_id: UUID, read: ForCaller, response: Response) -> schemas.ResidentView:
    resident = await store.resident(read.tx, resident_id)
    at = await now(read.tx)
    if resident is None or not await permitted(
        read.tx, read.caller, POLICY["read_resident"], owner=resident.id, unit=resident.unit_id, at=at
    ):
        raise NotFound(what="resident")
    response.headers["ETag"] = f'"{resident.version}"'
    return await _resident(read.kit.sealer, resident)


@router.patch("/residents/{resident_id}", response_model=schemas.ResidentView,
              responses=refusals(ChangedMeanwhile, problems.IdNumberTaken, VersionMissing, NotYours))  # fmt: skip
async def correct_resident(
    resident_id: UUID, body: schemas.Correction, command: ByCaller, version: SeenVersion
) -> Response:
    resident = await actions.correct_resident(
        command.tx,
        command.kit.sealer,
        resident_id,
        body.model_dump(exclude_unset=True),
        version=version,
        by=command.caller,
    )
    return command.answer(await _resident(command.kit.sealer, resident))


@router.post("/residents/{resident_id}/reveal", response_model=schemas.Revealed, responses=refusals(NotYours))
async def reveal_resident(resident_id: UUID, body: schemas.Reveal, look: ForLook) -> schemas.Revealed:
    person = await actions.reveal_resident(
        look.tx, look.kit.sealer, resident_id, body.parts, reason=body.reason, by=look.caller
    )
    return schemas.Revealed.model_validate(person)


@router.post(
    "/residents/{resident_id}/erase", response_model=schemas.ErasedView, responses=refusals(NotYours)
)
async def erase_resident(resident_id: UUID, body: schemas.Erasure, command: ByCaller) -> Response:
    version = await actions.erase_resident(command.tx, resident_id, reason=body.reason, by=command.caller)
    return command.answer(schemas.ErasedView(id=resident_id, version=version))


@router.get("/contacts/{work_id}", response_model=schemas.ContactView, responses=refusals())
async def read_contact(work_id: UUID, look: ForLook) -> schemas.ContactView:
    """`work_id` is a task that you accepted, or an order that you were given; afterwards it is 404."""
    person, until = await actions.read_contact(look.tx, look.kit.sealer, work_id, by=look.caller)
    return schemas.ContactView(
        name=person.masked.name or ERASED, phone=person.phone, address=person.address, until=until
    )


@router.post("/residents/{resident_id}/consents", status_code=201, response_model=schemas.ConsentView,
             responses=refusals(NotYours))  # fmt: skip
async def record_consent(resident_id: UUID, body: schemas.NewConsent, command: ByCaller) -> Response:
    version = await actions.record_consent(
        command.tx, resident_id, delegate_id=body.delegate_id, until_on=body.until_on, by=command.caller
    )
    view = schemas.ConsentView(
        resident_id=resident_id, delegate_id=body.delegate_id, until_on=body.until_on, version=version
    )
    return command.answer(view, status=201)


@router.post("/staff", status_code=201, response_model=schemas.StaffView, responses=refusals())
async def register_staff(body: schemas.NewStaff, command: ByCaller) -> Response:
    staff = await actions.register_staff(command.tx, command.kit.sealer, name=body.name, phone=body.phone)
    return command.answer(await _staff(command.tx, command.kit.sealer, staff), status=201)


@router.post("/staff/{staff_id}/appointments", status_code=201, response_model=schemas.StaffView,
             responses=refusals())  # fmt: skip
async def appoint_staff(staff_id: UUID, body: schemas.NewAppointment, command: ByCaller) -> Response:
    staff = await actions.appoint_staff(
        command.tx,
        staff_id,
        post=body.post,
        unit_id=body.unit_id,
        from_on=body.from_on,
        until_on=body.until_on,
    )
    return command.answer(await _staff(command.tx, command.kit.sealer, staff), status=201)


@router.post("/staff/{staff_id}/appointments/{appointment_id}/end", response_model=schemas.StaffView,
             responses=refusals())  # fmt: skip
async def end_appointment(staff_id: UUID, appointment_id: UUID, command: ByCaller) -> Response:
    staff = await actions.end_appointment(command.tx, staff_id, appointment_id)
    return command.answer(await _staff(command.tx, command.kit.sealer, staff))


@router.get("/staff/{staff_id}", response_model=schemas.StaffView, responses=refusals())
async def read_staff(staff_id: UUID, read: ForCaller) -> schemas.StaffView:
    staff = await store.staff(read.tx, staff_id)
    if staff is None or not await permitted(read.tx, read.caller, POLICY["read_staff"], owner=staff_id):
        raise NotFound(what="staff")
    return await _staff(read.tx, read.kit.sealer, staff)


async def _resident(sealer: Sealer, resident: store.Resident) -> schemas.ResidentView:
    shown = (await actions.open_person(sealer, resident)).masked
    return schemas.ResidentView(
        id=resident.id,
        household_id=resident.household_id,
        unit_id=resident.unit_id,
        name=shown.name or ERASED,
        phone=shown.phone,
        id_number=shown.id_number,
        address=shown.address,
        version=resident.version,
    )


async def _household(
    sealer: Sealer, household: store.Household, residents: list[store.Resident]
) -> schemas.HouseholdView:
    return schemas.HouseholdView(
        id=household.id,
        unit_id=household.unit_id,
        version=household.version,
        residents=[await _resident(sealer, resident) for resident in residents],
    )


async def _staff(tx: Tx, sealer: Sealer, staff: store.Staff) -> schemas.StaffView:
    appointments = await store.appointments_of(tx, staff.id)
    key = await sealer.key(staff.key)
    return schemas.StaffView(
        id=staff.id,
        name=mask_name(key.open(staff.name, for_=STAFF_NAME)),
        version=staff.version,
        appointments=[schemas.AppointmentView.model_validate(each) for each in appointments],
    )


async def _calendar(tx: Tx, unit_id: UUID) -> schemas.CalendarView:
    found = await in_force(tx, unit_id)
    if found is None:
        raise NotFound(what="unit")
    return schemas.CalendarView.model_validate(
        {**found.content, "set_for": found.set_for, "official_until": LAST_YEAR_KNOWN}
    )
