"""The second barrier: which rows of each table a principal sees when the tables are asked directly, no application between.

Written by hand, as the pages of `expected/` are: row-level security alone, under the service's own role, must show nobody what the
application's checks would refuse them. It may show less than the table below with a "?" says, never more.

Judged is every table that holds people's rows or cases: a test names one that stands neither here nor in PUBLIC. An application on
notice is public.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from access.principals import PRINCIPALS, named

OPEN = ("expired_a", "forged_a")
"""They never come as far as a table."""


@dataclass(frozen=True)
class Table:
    """`whose` is SQL that tells each row's `key` and the person it is about. A row is A's when that person is `a`.

    `sees`: principals and whose rows, "A", "B", "AB"; with a "?" it may also be fewer of them, or none. Whoever is not named
    sees neither. `made` is the world's object that puts rows there.
    """

    name: str
    made: str
    whose: str
    sees: Mapping[str, str]
    key: str = "id"
    a: str = "resident_a"
    b: str = "resident_b"

    def expected(self) -> dict[str, str]:
        """By principal, nobody included: without a setting no row is seen."""
        said = {name: seen for names, seen in self.sees.items() for name in named(names)}
        return {name: said.get(name, "") for name in PRINCIPALS if name not in OPEN}


# fmt: off
CASE = {"side_of_a staff_x": "A", "resident_b staff_y": "B"}
BOOKS = {"money_x auditor of_x": "A", "finance_y auditor_y": "B"}
RUNS = {"money_x auditor": "A", "finance_y auditor_y": "B"}

# Where people live and for whom they may act, as every service keeps it of the registry: it is there without anything made.
REPLICA = (
    Table("resident", "settled", "SELECT id AS key, id AS person FROM resident", CASE),
    Table("household", "settled", "SELECT household_id AS key, id AS person FROM resident", CASE),
    Table("consent", "settled", key="resident_id", sees={
        "resident_a delegate_a agent_x": "A", "lapsed_delegate worker_x street_x district_x": "A?"},
          whose="SELECT DISTINCT resident_id AS key, resident_id AS person FROM consent"),
)

# What everybody who is signed in may see: catalogues, the tree of units, what the programmes are, which months are closed. And
# numbers that are nobody's.
PUBLIC: dict[str, frozenset[str]] = {
    "community_registry": frozenset({"unit", "work_calendar", "unit_place"}),
    "resident_requests": frozenset({
        "unit", "work_calendar", "unit_place", "unit_cell", "category", "category_version", "import_source",
        "routing_rule", "routing_rule_version", "offered_service", "likeness", "public_report",
    }),
    "volunteer_matching": frozenset({"unit", "work_calendar"}),
    "relief_disbursement": frozenset({"unit", "work_calendar", "programme"}),
    "paid_services": frozenset({"unit", "work_calendar", "service", "period", "receipt_series"}),
    "resident_gateway": frozenset({"unit", "work_calendar"}),
}

TABLES: dict[str, tuple[Table, ...]] = {
    "community_registry": (
        # Whoever registers people must find the household.
        Table("household", "household_of_a", "SELECT household_id AS key, id AS person FROM resident", {
            **CASE, "operator": "AB?",
        }),
        Table("resident", "resident_of_x", "SELECT id AS key, id AS person FROM resident", CASE),
        # A consent is about two people: whom it named sees it, also when it is over.
        Table("consent", "resident_of_x", key="resident_id", sees={
            "resident_a delegate_a workers_x": "A", "street_x district_x lapsed_delegate": "A?"},
              whose="SELECT DISTINCT resident_id AS key, resident_id AS person FROM consent"),
        Table("staff", "staff_of_x", "SELECT id AS key, id AS person FROM staff", a="worker_x", b="worker_y", sees={
            "worker_x": "A", "worker_y": "B", "operator": "AB", "agent_x street_x district_x auditor": "A?",
            "street_y district_y auditor_y": "B?",
        }),
        Table("appointment", "appointment_of_x", "SELECT id AS key, staff_id AS person FROM appointment",
              a="worker_x", b="worker_y", sees={
            "worker_x operator": "A", "agent_x street_x district_x auditor": "A?",
        }),
        # Who may see how to reach A: whoever holds that work, and A may know it.
        Table("contact_grant", "contacts_of_both", key="work_id", a="volunteer", b="provider",
              whose="SELECT work_id AS key, holder AS person FROM contact_grant",
              sees={"volunteer": "A", "provider": "B", "resident_a": "AB?"}),
    ),
    "resident_requests": (
        Table("request", "requests_of_both", "SELECT id AS key, resident_id AS person FROM request", CASE),
        # K9: a report that was imported is no resident's; it lies in the unit where A lives.
        Table("request", "imported_into_x", sees={"staff_x": "A", "operator": "A?"},
              whose="SELECT r.id AS key, home.id AS person FROM request r JOIN resident home ON home.unit_id = r.unit_id"
                    " WHERE r.source IS NOT NULL"),
        Table("comment", "comments_of_both", "SELECT c.id AS key, r.resident_id AS person FROM comment c"
              " JOIN request r ON r.id = c.request_id WHERE c.kind NOT IN ('note', 'from_neighbour')", CASE),
        # What somebody said whose own was merged into A's: theirs, and of the thread.
        Table("comment", "neighbour_spoke", a="volunteer_beside", b="provider_other", sees={"volunteer_beside side_of_a staff_x": "A"},
              whose="SELECT id AS key, neighbour_id AS person FROM comment WHERE kind = 'from_neighbour'"),
        # Notes of staff, and which promise was missed.
        Table("comment", "notes_of_both", "SELECT c.id AS key, r.resident_id AS person FROM comment c"
              " JOIN request r ON r.id = c.request_id WHERE c.kind = 'note'", {"staff_x": "A", "staff_y": "B"}),
        # What was sent belongs to whom it is about, and to the staff who settle it.
        Table("filing_conflict", "sent_twice_of_both", "SELECT c.id AS key, r.resident_id AS person FROM filing_conflict c"
              " JOIN request r ON r.id = c.request_id", CASE),
        Table("breach", "missed_of_both", "SELECT b.request_id AS key, r.resident_id AS person FROM breach b"
              " JOIN request r ON r.id = b.request_id", CASE, key="request_id"),
        # Who follows is for themselves and for staff, and not for whose it is.
        Table("follower", "followed_of_both", a="volunteer_other", b="provider", key="person_id",
              whose="SELECT person_id AS key, person_id AS person FROM follower",
              sees={"volunteer_other": "A", "provider": "B", "staff_x": "A", "staff_y": "B"}),
        Table("rating", "ratings_of_both", "SELECT g.request_id AS key, r.resident_id AS person FROM rating g"
              " JOIN request r ON r.id = g.request_id", CASE, key="request_id"),
        # Of applications, not of people: for whoever lets them in.
        Table("open311_key", "keys_of_both", "SELECT id AS key, issued_by AS person FROM open311_key", {
            "district_x": "A", "district_y": "B", "operator": "AB",
        }, a="district_x", b="district_y"),
        Table("attachment", "own_data", "SELECT a.request_id AS key, r.resident_id AS person FROM attachment a"
              " JOIN request r ON r.id = a.request_id", CASE, key="request_id"),
        Table("appointment", "appointment_of_x", "SELECT id AS key, staff_id AS person FROM appointment",
              a="worker_x", b="worker_y", sees={"worker_x": "A"}),
        *REPLICA,
    ),
    "volunteer_matching": (
        # To answer an offer its task must be there: whoever was offered it may see the row.
        Table("task", "tasks_of_both", "SELECT id AS key, resident_id AS person FROM task", {
            "side_of_a staff_x volunteer": "A", "volunteer_beside": "A?",
            "resident_b staff_y": "B", "volunteer_other": "B",
        }),
        Table("offer", "offers_of_both", a="volunteer", b="volunteer_other",
              whose="SELECT o.id AS key, v.person_id AS person FROM offer o JOIN volunteer v ON v.id = o.volunteer_id",
              sees={"volunteer": "A", "volunteer_other": "B", "staff_x side_of_a": "A?", "staff_y resident_b": "B?"}),
        Table("volunteer", "offers_of_both", "SELECT id AS key, person_id AS person FROM volunteer",
              a="volunteer", b="volunteer_other",
              sees={"volunteer": "A", "volunteer_other": "B", "staff_x side_of_a": "A?", "staff_y resident_b": "B?"}),
        *REPLICA,
    ),
    "relief_disbursement": (
        Table("application", "applications_of_both", "SELECT id AS key, resident_id AS person FROM application WHERE state <> 'on_notice'", {
            **CASE, "money_x auditor of_x": "A?", "finance_y auditor_y": "B?",
        }),
        Table("relief_request", "requests_of_both", "SELECT request_id AS key, resident_id AS person FROM relief_request",
              CASE, key="request_id"),
        Table("review", "runs_of_both", key="application_id", sees={
            "staff_x": "A", "staff_y": "B", "resident_a delegate_a auditor auditor_x": "A?", "resident_b auditor_y": "B?"},
              whose="SELECT a.id AS key, a.resident_id AS person FROM application a JOIN review r ON r.application_id = a.id"),
        Table("evidence", "evidence_of_both", sees=CASE,
              whose="SELECT e.id AS key, a.resident_id AS person FROM application a JOIN evidence e ON e.application_id = a.id"),
        # Of whoever objected: for them, and for those who decide. What A may know of it is not said.
        Table("objection", "objection_to_a", key="application_id", a="volunteer", b="volunteer_other",
              whose="SELECT application_id AS key, objected_by AS person FROM objection",
              sees={"volunteer staff_x": "A", "resident_a delegate_a auditor": "A?"}),
        Table("payment_run", "payments_of_both", "SELECT payment_run_id AS key, resident_id AS person FROM payment", {
            **RUNS, "district_x": "A?", "district_y": "B?",
        }),
        # Accounts and sums of people: finance's, not the reviewers'.
        Table("payment", "payments_of_both", "SELECT id AS key, resident_id AS person FROM payment", {
            **BOOKS, "side_of_a": "A?", "resident_b": "B?",
        }),
        Table("bank_file", "run_sent", key="payment_run_id", sees={"money_x": "A", "auditor": "A?"},
              whose="SELECT payment_run_id AS key, resident_id AS person FROM payment WHERE state <> 'due'"),
        *REPLICA,
    ),
    "paid_services": (
        Table("service_order", "orders_of_both", "SELECT id AS key, resident_id AS person FROM service_order", {
            "side_of_a staff_x provider": "A", "resident_b staff_y provider_other": "B",
            "money_x auditor of_x": "A?", "finance_y auditor_y": "B?",
        }),
        Table("provider", "orders_of_both", "SELECT id AS key, person_id AS person FROM provider",
              a="provider", b="provider_other", sees={
            "provider": "A", "provider_other": "B",
            "side_of_a staff_x money_x auditor": "A?", "resident_b staff_y finance_y auditor_y": "B?"}),
        # Its number and amount stand in the order's own view.
        Table("receipt", "transactions_of_both", key="number", sees={
            **BOOKS, "side_of_a staff_x provider": "A?", "resident_b staff_y provider_other": "B?"},
              whose="SELECT r.number AS key, o.resident_id AS person FROM receipt r JOIN service_order o ON o.id = r.order_id"),
        Table("ledger_transaction", "transactions_of_both", sees={
            **BOOKS, "side_of_a staff_x provider": "A?", "resident_b staff_y provider_other": "B?"},
              whose="SELECT t.id AS key, o.resident_id AS person FROM ledger_transaction t JOIN service_order o"
                    " ON o.id = t.order_id"),
        Table("ledger_entry", "transactions_of_both", sees={
            **BOOKS, "side_of_a staff_x provider": "A?", "resident_b staff_y provider_other": "B?"},
              whose="SELECT e.id AS key, o.resident_id AS person FROM ledger_entry e"
                    " JOIN ledger_transaction t ON t.id = e.transaction_id JOIN service_order o ON o.id = t.order_id"),
        # What is owed to a provider. Whoever may take money must find where it goes.
        Table("ledger_account", "transactions_of_both", a="provider", b="provider_other",
              whose="SELECT a.id AS key, p.person_id AS person FROM ledger_account a JOIN provider p ON p.id = a.provider_id",
              sees={**BOOKS, "provider workers_x district_x": "A?", "provider_other worker_y district_y": "B?"}),
        *REPLICA,
    ),
    "resident_gateway": (
        Table("account", "own_timelines", "SELECT id AS key, subject AS person FROM account", {
            "resident_a": "A", "resident_b": "B", "operator": "AB?",
        }),
        Table("timeline_item", "own_timelines", key="subject_id", sees={"side_of_a": "A", "resident_b": "B"},
              whose="SELECT subject_id AS key, person_id AS person FROM timeline_item"),
        Table("appointment", "appointment_of_x", "SELECT id AS key, staff_id AS person FROM appointment",
              a="worker_x", b="worker_y", sees={"worker_x": "A", "operator": "A?"}),
        # What A was told is A's alone; whoever acts for A is told what becomes of it, in rows of their own.
        Table("notification", "notifications_of_both", sees={"resident_a": "A", "resident_b": "B"},
              whose="SELECT id AS key, person_id AS person FROM notification"),
        Table("notification_setting", "settings_of_both", key="person_id", sees={"resident_a": "A", "resident_b": "B"},
              whose="SELECT person_id AS key, person_id AS person FROM notification_setting"),
        # That a message waits, not what it says: for whoever runs the house.
        Table("delivery", "notifications_of_both", key="notification_id", sees={"operator": "AB"},
              whose="SELECT d.notification_id AS key, n.person_id AS person FROM delivery d"
                    " JOIN notification n ON n.id = d.notification_id"),
        Table("subject_follower", "followers_of_both", key="subject_id", sees={"resident_a": "A", "resident_b": "B"},
              whose="SELECT subject_id AS key, person_id AS person FROM subject_follower"),
        Table("subject_state", "notifications_of_both", key="subject_id", sees={},
              whose="SELECT subject_id AS key, owner_id AS person FROM subject_state"),
        # What signing in needs is for nobody's eyes, their own included.
        Table("one_time_code", "a_code_of_a", key="account_index", sees={},
              whose="SELECT c.account_index AS key, a.subject AS person FROM one_time_code c JOIN account a USING (account_index)"),
        Table("session", "a_session_of_a", sees={},
              whose="SELECT s.id AS key, a.subject AS person FROM session s JOIN account a ON a.id = s.account_id"),
        # It does not say whose it is: all of it counts as A's.
        Table("throttle", "a_code_of_a", key="key", sees={},
              whose="SELECT t.key, a.subject AS person FROM throttle t CROSS JOIN account a"),
        *REPLICA,
    ),
}
