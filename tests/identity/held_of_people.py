"""What every column of every table holds of a person: told by `GET /me/data` or not told and why, gone with an erased person or left
and why. Written by hand; the tests hold it against the databases' own catalogues, so that a new column stands here or fails.

Columns that `me/data` gives are not written here: the services' own lists say them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

WHOSE = "whose row it is: whoever asks knows who they are"
COUNT = "counts the row's own changes, or says which version of a rule it went by: nothing of a person"
COPY = "a copy of what the registry holds, and gives"
FOUND = "keyed prints, by which something is found and from which nothing is read"
PROOF = "proves who signs in: shown to anybody, themselves included, it would prove it no more"
OTHERS = "who else has to do with it: theirs to be told, and not of whoever asks"
INSIDE = "how the house moves it on, said by states and instants that are given"
BOOKS_OF_STAFF = "the books, kept by finance: what was paid and to whom stands in orders, receipts and payments, which are given"

CASE = "a case with its ids, states and instants: what an office did must be answered for, and counted; nothing says any more who it was"
BOOKS = "books must balance and be audited for years: amounts, numbers, dates and ids"
OFFICE = "what was done in an office, by an office: not the person's own"
NAMED = "an id that leads to nobody: the registry's row of it is empty"
EMPTY = "the empty row, which keeps whatever comes late from making the person anew"
AGES = "a keyed hash with instants that names nobody; it goes by itself when it counts no more"
KEYED = "gone with the key of the person by which it is sealed"


@dataclass(frozen=True)
class Page:
    """Texts of column names. `untold`, `stays`: by reason. `goes`: emptied, sealed by a key that is destroyed, or its row is deleted."""

    untold: Mapping[str, str] = field(default_factory=dict)
    stays: Mapping[str, str] = field(default_factory=dict)
    goes: str = ""


def names(columns: Mapping[str, str]) -> set[str]:
    """KeyError-like AssertionError when one stands under two reasons."""
    found = [name for text in columns.values() for name in text.split()]
    assert len(found) == len(set(found)), f"twice: {sorted(n for n in set(found) if found.count(n) > 1)}"
    return set(found)


# fmt: off
REPLICA = {
    "resident": Page({COPY: "id household_id unit_id"}, goes="id household_id unit_id"),
    "household": Page({COPY: "id unit_id members"}, {"a household is others', too": "id unit_id members"}),
    "consent": Page({COPY: "resident_id delegate_id until_on"}, goes="resident_id delegate_id until_on"),
}
# The kit's own in every database, where people can come into them.
_PUBLISHED = "what was published: ids and states of rows that are given, never words"
_ON_ITS_WAY = "an event on its way or set aside: as it was published, of rows that are given where they arrive"
_WORK = "which work waits for which aggregate, and when"
KIT = {
    "audit": Page(
        {"who looked at what and did what: it names staff, nothing can be taken out of the chain, and auditors show it to whoever asks":
            "id at service actor roles subject operation object outcome status address correlation_id key_digest reason"},
        {"the audit stays as it is, by ids: it proves itself as a chain":
            "id at service actor roles subject operation object outcome status address correlation_id key_digest reason"}),
    "audit_chain": Page({COUNT: "seq audit_id hash"}, {COUNT: "seq audit_id hash"}),
    "audit_waiting": Page({COUNT: "audit_id"}, {COUNT: "audit_id"}),
    "idempotency": Page(
        {"an answer once more, as it was given to them, for 90 days": "principal key fingerprint status headers body created_at"},
        {"that there was a call, for 90 days; the print is keyed and says nothing without the whole call":
            "principal key fingerprint status headers created_at"}, goes="body"),
    "outbox": Page(
        {_PUBLISHED: "id topic partition aggregate version event_id type headers payload created_at sent_at failures next_try_at"},
        {_PUBLISHED: "id topic partition aggregate version event_id type headers payload created_at sent_at failures next_try_at"}),
    "parked_event": Page(
        {_ON_ITS_WAY: "consumer topic aggregate version headers payload"}, {_ON_ITS_WAY: "consumer topic aggregate version headers payload"}),
    "parked_key": Page(
        {_ON_ITS_WAY: "consumer topic aggregate parked_at reason failures next_try_at"},
        {_ON_ITS_WAY: "consumer topic aggregate parked_at reason failures next_try_at"}),
    "parked_record": Page(
        {_ON_ITS_WAY: "consumer topic partition record_offset parked_at reason headers payload"},
        {_ON_ITS_WAY: "consumer topic partition record_offset parked_at reason headers payload"}),
    "inbox": Page({COUNT: "consumer topic aggregate last"}, {COUNT: "consumer topic aggregate last"}),
    "event_try": Page({COUNT: "consumer topic aggregate version tries"}, {COUNT: "consumer topic aggregate version tries"}),
    "batch_try": Page({COUNT: "consumer topic partition first_event tries"}, {COUNT: "consumer topic partition first_event tries"}),
    "timer": Page(
        {_WORK: "kind aggregate due_at attempts next_try_at parked_at reason"},
        {_WORK: "kind aggregate due_at attempts next_try_at parked_at reason"}),
    "subject_key": Page({PROOF: "subject wrapped kek created_at"}, {EMPTY: "subject created_at"}, goes="wrapped kek"),
}
# Of nobody, in the kit and in the replica.
OF_NOBODY = frozenset({
    "alembic_version", "relay_lease", "consumer_birth", "local_clock", "generation", "unit", "work_calendar", "unit_place", "unit_cell",
})
# Catalogues and rules; who of the staff set them stands in the audit.
CATALOGUES = {
    "community_registry": frozenset(),
    "resident_requests": frozenset({
        "category", "category_version", "routing_rule", "routing_rule_version", "offered_service", "import_source", "open311_key",
    }),
    "volunteer_matching": frozenset(),
    "relief_disbursement": frozenset({"programme", "payment_run", "bank_file"}),
    "paid_services": frozenset({"service", "period", "receipt_series"}),
    "resident_gateway": frozenset(),
}

PAGES: dict[str, dict[str, Page]] = {
    "community_registry": {
        "resident": Page(
            {FOUND: "phone_index id_number_index", COUNT: "version"}, {EMPTY: "id household_id unit_id version created_at"},
            goes="name phone phone_index id_number id_number_index born_on"),
        "household": Page({COUNT: "version"}, {"its last member is gone": "id unit_id version created_at"}, goes="address"),
        "consent": Page(goes="resident_id delegate_id until_on recorded_by recorded_at"),
        "contact_grant": Page({WHOSE: "resident_id"}, goes="work_id resident_id holder until"),
        "staff": Page({COUNT: "version"}, {OFFICE: "id name phone version created_at"}),
        "appointment": Page({WHOSE: "staff_id"}, {OFFICE: "id staff_id unit_id post from_on until_on ended_at"}),
    },
    "resident_requests": {
        "request": Page(
            {WHOSE: "resident_id", COUNT: "version category_version asked_version said_version", FOUND: "content_print",
             INSIDE: "due_at taken_up_by",
             "only of a city's reports, which are nobody's": "source source_number source_content source_facts source_state"},
            {CASE: "id case_number unit_id category state route skill wanted_from wanted_until planned_from planned_until escalated resolved_at occurred_at version "
                   "created_at round respond_by responded_at resolve_by resolve_from paused_at due_at category_version channel urgency merged_into "
                   "routing_rule routing_rule_version routing_category_version asked_version said_version merged_at begun_at",
             NAMED: "resident_id filed_by assignee_id author_id taken_up_by",
             "only of a city's reports, which are nobody's": "source source_number source_content source_facts source_state"},
            goes="words address reason answers latitude longitude content_print"),
        "public_report": Page(
            {COUNT: "is_open", "only of what no resident filed": "words address"},
            {CASE: "request_id case_number category unit_id state is_open requested_at updated_at expected_at",
             "only of what no resident filed": "words address"}, goes="latitude longitude"),
        "filing_conflict": Page({}, {CASE: "id request_id at", NAMED: "sent_by"}, goes="content"),
        "comment": Page({}, {CASE: "id request_id kind at", NAMED: "author_id neighbour_id"}, goes="words"),
        "attachment": Page(
            {"the picture itself, which its own address gives": "content"},
            {CASE: "request_id number kind size width height added_at side evidence_round", NAMED: "added_by"}, goes="name content"),
        "breach": Page({}, {CASE: "request_id round clock level at"}),
        "likeness": Page(
            {COUNT: "unit_id", FOUND: "cell prints"}, goes="request_id case_number category unit_id state occurred_at latitude longitude cell prints"),
        "follower": Page({WHOSE: "person_id"}, goes="request_id person_id since until"),
        "rating": Page({}, {CASE: "request_id round stars at", NAMED: "rated_by"}, goes="words"),
        "appointment": Page(
            {COPY: "id staff_id post unit_id from_on until_on ended_at"}, {OFFICE: "id staff_id post unit_id from_on until_on ended_at"}),
    },
    "volunteer_matching": {
        "volunteer": Page({WHOSE: "person_id", COUNT: "version"}, {NAMED: "id person_id unit_id version created_at"}, goes="skills"),
        "task": Page(
            {COUNT: "version request_version", INSIDE: "created_at"},
            {CASE: "id request_id unit_id skill starts_at ends_at state checked_in_at minutes version created_at request_version",
             NAMED: "resident_id volunteer_id"}),
        "offer": Page({WHOSE: "volunteer_id"}, {CASE: "id task_id volunteer_id state expires_at"}),
    },
    "relief_disbursement": {
        "application": Page(
            {WHOSE: "resident_id", COUNT: "version request_version", OTHERS: "parties"},
            {BOOKS: "id programme_id household_id unit_id state round currency asked_minor granted_minor from_on notice_until version created_at "
                    "request_id request_version",
             NAMED: "resident_id parties"}, goes="words payee_name bank_account reason"),
        "relief_request": Page(
            {WHOSE: "resident_id", COUNT: "request_version"}, goes="request_id request_version resident_id unit_id stands at"),
        "evidence": Page({COUNT: "id"}, {BOOKS: "id application_id at", NAMED: "added_by"}, goes="note"),
        "review": Page({OTHERS: "reviewer_id parties"}, {BOOKS: "application_id round level decision at", NAMED: "reviewer_id parties"}),
        "payment": Page(
            {WHOSE: "resident_id", COUNT: "version line", INSIDE: "payment_run_id unit_id previous_id"},
            {BOOKS: "id payment_run_id line application_id unit_id period attempt previous_id currency amount_minor state answered_on code "
                    "version created_at", NAMED: "resident_id"}, goes="payee_name bank_account reason"),
        "objection": Page({WHOSE: "objected_by"}, {BOOKS: "application_id round at", NAMED: "objected_by"}, goes="words"),
    },
    "paid_services": {
        "provider": Page({WHOSE: "person_id", COUNT: "version"}, {BOOKS: "id person_id unit_id version created_at"}, goes="services"),
        "service_order": Page(
            {COUNT: "version request_version", "by which the price is divided, the same for everybody": "provider_weight community_weight"},
            {BOOKS: "id order_number resident_id unit_id service quantity starts_at valid_until price_minor subsidy_minor to_pay_minor "
                    "paid_minor refunded_minor subsidy_reversed_minor fee_minor currency provider_weight community_weight state provider_id "
                    "version created_at request_id request_version"}),
        "receipt": Page({}, {BOOKS: "number order_id amount_minor currency method collected_by issued_on"}),
        "ledger_account": Page({BOOKS_OF_STAFF: "id kind unit_id provider_id"}, {BOOKS: "id kind unit_id provider_id"}),
        "ledger_transaction": Page(
            {BOOKS_OF_STAFF: "id kind order_id posted_on created_at"}, {BOOKS: "id kind order_id posted_on created_at"}),
        "ledger_entry": Page(
            {BOOKS_OF_STAFF: "id transaction_id account_id amount_minor currency"},
            {BOOKS: "id transaction_id account_id amount_minor currency"}),
    },
    "resident_gateway": {
        "account": Page(
            {WHOSE: "subject", FOUND: "account_index", PROOF: "password_hash totp_secret totp_step", COUNT: "version"},
            goes="id account_index account display_name kind password_hash totp_secret totp_step subject roles version created_at"),
        "one_time_code": Page(
            {PROOF: "account_index code_hash expires_at tries_left"}, goes="account_index code_hash expires_at tries_left"),
        "session": Page(
            {PROOF: "id account_id step secret_hash renewed_at ends_at ended_at"},
            goes="id account_id step secret_hash renewed_at ends_at ended_at"),
        "throttle": Page({AGES: "key times idle_at"}, {AGES: "key times idle_at"}),
        "appointment": Page(
            {COPY: "id staff_id post unit_id from_on until_on ended_at"}, {OFFICE: "id staff_id post unit_id from_on until_on ended_at"}),
        "timeline_item": Page(
            {WHOSE: "person_id", COUNT: "version"},
            goes="person_id subject_id kind number detail state amount_minor currency happened_at version"),
        "subject_state": Page(
            {"of a request, which its own service gives: by it is known what comes too late":
                "subject_id kind owner_id unit_id number state state_version version"},
            {CASE: "subject_id kind unit_id number state state_version version", NAMED: "owner_id"}),
        "subject_follower": Page({WHOSE: "person_id"}, goes="subject_id person_id joined"),
        "notification": Page(
            {WHOSE: "person_id", COUNT: "instance"},
            goes="id person_id subject_id kind occasion instance number happened_at created_at read_at"),
        "delivery": Page(
            {INSIDE: "notification_id state attempts next_try_at created_at ended_at reason"},
            goes="notification_id state attempts next_try_at created_at ended_at reason"),
        "notification_setting": Page(
            {WHOSE: "person_id"}, goes="person_id language sms quiet_from quiet_until changed_at"),
    },
}
