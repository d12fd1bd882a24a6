"""The database shows an order to whom it concerns, and the books to those who keep or check them in their units."""

from alembic import op

from platform_kit.row_security import EVERYBODY, ME, guard, has
from registry_replica.row_security import cover_worklist, create_own, guard_replica, lets, reaches

revision = "2026_11_25_row_security"
down_revision = "2026_11_25_subject_keys"
branch_labels = None
depends_on = None

STAFF = ("worker", "street", "district", "finance", "finance_lead", "auditor")
KEEPERS = ("worker", "finance", "finance_lead")
READERS = (*KEEPERS, "auditor", "district")

# The books are held together by all of their rows, whoever wrote the last of them and whatever they may see: the first
# migration's two functions, looking as the system.
_SUMS_TO_ZERO = """
    CREATE OR REPLACE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        caller text := current_setting('linli.caller', true);
    BEGIN
        PERFORM set_config('linli.caller', '{"system": true}', true);
        IF EXISTS (
            SELECT FROM ledger_entry WHERE transaction_id = NEW.transaction_id
            GROUP BY currency HAVING sum(amount_minor) <> 0
        ) THEN
            RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id
                USING ERRCODE = 'check_violation';
        END IF;
        PERFORM set_config('linli.caller', coalesce(caller, ''), true);
        RETURN NULL;
    END $$
"""
_PERIOD_IS_OPEN = """
    CREATE OR REPLACE FUNCTION period_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        caller text := current_setting('linli.caller', true);
        day date;
        the_month text;
        closed timestamptz;
    BEGIN
        PERFORM set_config('linli.caller', '{"system": true}', true);
        IF TG_TABLE_NAME = 'ledger_entry' THEN
            SELECT posted_on INTO day FROM ledger_transaction WHERE id = NEW.transaction_id;
        ELSE
            day := NEW.posted_on;
        END IF;
        the_month := to_char(day, 'YYYY-MM');
        INSERT INTO period (month) VALUES (the_month) ON CONFLICT DO NOTHING;
        SELECT closed_at INTO closed FROM period WHERE month = the_month FOR SHARE;
        PERFORM set_config('linli.caller', coalesce(caller, ''), true);
        IF closed IS NOT NULL THEN
            RAISE EXCEPTION 'the month % is closed', the_month USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END $$
"""


def upgrade() -> None:
    guard_replica()
    cover_worklist("service_order", "resident_id", "provider_id")
    create_own("provider")
    for function in (_SUMS_TO_ZERO, _PERIOD_IS_OPEN):
        op.execute(function)
    guard("service", see=EVERYBODY, add=has("district", "operator"))
    guard("provider", see=f"person_id = {ME} OR {reaches('worker')}", add=f"person_id = {ME}")
    theirs = f"resident_id = {ME} OR provider_id = (SELECT linli_provider())"
    guard(
        "service_order",
        see=f"{theirs} OR {reaches(*STAFF)} OR {lets('resident_id')}",
        add=f"resident_id = {ME} OR {reaches('worker')} OR {lets('resident_id')}",
        change=f"{theirs} OR {reaches(*KEEPERS)} OR {lets('resident_id')}",
    )
    of_an_order = "EXISTS (SELECT FROM service_order o WHERE o.id = order_id)"
    guard("receipt", see=of_an_order, add=f"collected_by = {ME} AND {has(*KEEPERS)} AND {of_an_order}")
    guard("ledger_account", see=reaches(*READERS), add=reaches(*KEEPERS))
    guard(
        "ledger_transaction",
        see=f"{has(*READERS)} AND {of_an_order}",
        add=f"{has(*KEEPERS)} AND {of_an_order}",
    )
    of_an_account = "EXISTS (SELECT FROM ledger_account a WHERE a.id = account_id)"
    guard("ledger_entry", see=of_an_account, add=f"{has(*KEEPERS)} AND {of_an_account}")
    guard("receipt_series", see=has(*KEEPERS), add=has(*KEEPERS), change=has(*KEEPERS))
    lead = has("finance_lead")
    guard("period", see=EVERYBODY, add=lead, change=lead)
