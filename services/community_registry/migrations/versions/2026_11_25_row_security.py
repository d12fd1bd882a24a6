"""The database shows a person to themself, to whom they let act for them, and to the staff whose units hold their home."""

from alembic import op

from platform_kit.row_security import EVERYBODY, ME, guard, has
from registry_replica.row_security import STAFF, create_reach, lets, reaches

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_appointments_end"
branch_labels = None
depends_on = None

OPERATOR = has("operator")


def upgrade() -> None:
    create_reach()
    # A community worker acts for a resident by consent as well, and is no resident.
    op.drop_constraint(op.f("fk_consent_delegate_id"), "consent")
    # A calendar is the next version of its unit.
    guard("unit", see=EVERYBODY, add=OPERATOR, change=f"{OPERATOR} OR {reaches('district', unit='id')}")
    registers = f"{OPERATOR} OR {reaches('worker')}"
    guard(
        "household",
        see=f"""{OPERATOR} OR {reaches(*STAFF)}
            OR EXISTS (SELECT FROM resident r WHERE r.household_id = household.id)""",
        add=registers,
        # A corrected address.
        change=f"""{reaches("worker")} OR EXISTS (
            SELECT FROM resident r WHERE r.household_id = household.id AND (r.id = {ME} OR {lets("r.id")})
        )""",
    )
    guard(
        "resident",
        see=f"id = {ME} OR {reaches(*STAFF)} OR {lets('id')}",
        add=registers,
        # A new consent is the resident's next version; a correction.
        change=f"id = {ME} OR {reaches('worker')} OR {lets('id')}",
    )
    at_home = f"({has('worker')} AND {reaches('worker', unit='linli_home_of(resident_id)')})"
    records = f"resident_id = {ME} OR {at_home}"
    guard(
        "consent",
        see=f"delegate_id = {ME} OR {records}",
        add=f"recorded_by = {ME} AND ({records})",
        change=records,
        kept=f"recorded_by = {ME} AND ({records})",
    )
    guard("staff", see=f"id = {ME} OR {OPERATOR}", add=OPERATOR, change=OPERATOR)
    guard("appointment", see=f"staff_id = {ME} OR {OPERATOR}", add=OPERATOR, change=OPERATOR)
    guard("contact_grant", see=f"holder = {ME} OR resident_id = {ME}")
