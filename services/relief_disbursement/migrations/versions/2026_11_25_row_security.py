"""The database shows an application to its resident and its officers, on notice to everybody, and money to finance."""

from platform_kit.row_security import EVERYBODY, ME, guard, has
from registry_replica.row_security import cover_worklist, guard_replica, lets, reaches

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_subject_keys"
branch_labels = None
depends_on = None

OFFICERS = ("worker", "street", "district")
FINANCE = ("finance", "finance_lead")
ACCOUNTS = (*FINANCE, "auditor")
OF_AN_APPLICATION = "EXISTS (SELECT FROM application a WHERE a.id = application_id AND ({condition}))"


def upgrade() -> None:
    guard_replica()
    cover_worklist("application", "resident_id", "notice_until")
    guard(
        "programme",
        see=EVERYBODY,
        add=f"opened_by = {ME} AND {reaches('district')}",
        # Approving promises its money, finance pays it.
        change=reaches("district", *FINANCE),
    )
    theirs = f"resident_id = {ME} OR {lets('resident_id')}"
    paid_to = f"(state = 'active' AND {reaches(*FINANCE)})"
    guard(
        "application",
        see=f"""{reaches(*OFFICERS, "auditor")} OR {paid_to} OR {theirs}
            OR (state = 'on_notice' AND notice_until > (SELECT linli_now()))""",
        add=f"resident_id = {ME} OR {reaches('worker')} OR {lets('resident_id')}",
        change=f"{reaches(*OFFICERS)} OR {paid_to} OR {theirs}",
    )
    # What belongs to an application is not public with its notice.
    of_ours = f"a.resident_id = {ME} OR {lets('a.resident_id')}"
    seen = OF_AN_APPLICATION.format(
        condition=f"{reaches(*OFFICERS, 'auditor', unit='a.unit_id')} OR {of_ours}"
    )
    officers = OF_AN_APPLICATION.format(condition=reaches(*OFFICERS, unit="a.unit_id"))
    guard("review", see=seen, add=f"reviewer_id = {ME} AND {officers}")
    supports = OF_AN_APPLICATION.format(condition=f"{reaches('worker', unit='a.unit_id')} OR {of_ours}")
    # An auditor sees what was decided, and not what a household had to show.
    shown = OF_AN_APPLICATION.format(condition=f"{reaches(*OFFICERS, unit='a.unit_id')} OR {of_ours}")
    guard("evidence", see=shown, add=f"added_by = {ME} AND {supports}")
    guard("objection", see=f"objected_by = {ME} OR {officers}")

    def of_a_programme(*roles: str) -> str:
        return f"""EXISTS (
            SELECT FROM programme p WHERE p.id = payment_run.programme_id AND {reaches(*roles, unit="p.unit_id")}
        )"""

    guard(
        "payment_run",
        see=of_a_programme(*ACCOUNTS),
        add=f"opened_by = {ME} AND {of_a_programme('finance')}",
        change=of_a_programme(*FINANCE),
    )
    of_a_run = "EXISTS (SELECT FROM payment_run r WHERE r.id = payment_run_id)"
    guard(
        "payment",
        see=f"resident_id = {ME} OR {reaches(*ACCOUNTS)}",
        add=f"{reaches('finance')} AND {of_a_run}",
        change=reaches(*FINANCE),
    )
    guard("bank_file", see=of_a_run, add=f"made_by = {ME} AND {has(*FINANCE)} AND {of_a_run}")
