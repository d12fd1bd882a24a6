"""Relief: three levels of review, each by its own level of the application's own units; money by finance, released by another.

An auditor reads and never writes ("read only"), within their units: figures down to their entries, no notes and no accounts. The
audit is of the whole house, and so are its readers: an auditor of one community is none of them.
"""

from access.row import Row

# fmt: off
OTHERS = (
    "delegate_a lapsed_delegate volunteer volunteer_beside volunteer_other provider provider_other staff_x worker_next staff_y"
    " money_x auditors finance_y operator of_x"
)
ROWS = (
    # Programmes and budgets are the district officer's; what there is to apply for is no secret.
    Row("POST /programmes", on="a_new_programme", may="district_x district_y"),
    Row("GET /programmes", on="programmes", may="everybody"),
    # Filing, as for requests: a worker without consent is not settled by the texts.
    Row("POST /applications", on="filing_for_a", may="side_of_a", unsaid="worker_x"),
    Row("POST /applications/{application_id}/submit", on="application_draft", may="side_of_a", unsaid="worker_x",
        knows="street_x district_x"),
    Row("POST /applications/{application_id}/evidence", on="application_draft", may="side_of_a", unsaid="worker_x",
        knows="street_x district_x"),
    Row("POST /applications/{application_id}/evidence", on="application_returned", may="side_of_a", unsaid="worker_x",
        knows="street_x district_x"),
    # The household's need in the applicant's words, and that there is evidence: those concerned and those who decide. What stands
    # in it (medical notes), and the payee's whole name: the resident's side alone.
    Row("GET /applications/{application_id}", on="application_submitted", may="side_of_a staff_x"),
    Row("GET /applications/{application_id}", on="application_with_evidence", may="side_of_a staff_x",
        withheld_from="worker_x street_x district_x"),
    # Why it came back: those concerned and those who decide, in no list and in no other answer.
    Row("GET /applications/{application_id}", on="application_sent_back", may="side_of_a staff_x"),
    Row("GET /applications", on="applications_of_both", sees={
        "staff_x": "A", "staff_y": "B", "worker_next": "", "auditor auditor_x": "A?", "auditor_y": "B?",
        "resident_a delegate_a": "A?", "resident_b": "B?",
    }),
    # First level: the community's worker. Nobody of a party, so the resident and whoever filed never.
    Row("POST /applications/{application_id}/verify", on="application_submitted", may="workers_x",
        knows="resident_a delegate_a street_x district_x"),
    Row("POST /applications/{application_id}/verify", on="application_filed_by_agent", may="worker_x",
        barred="agent_x", knows="resident_a delegate_a street_x district_x"),
    Row("POST /applications/{application_id}/return", on="application_submitted", may="workers_x",
        knows="resident_a delegate_a", barred="street_x district_x"),
    Row("POST /applications/{application_id}/reject", on="application_submitted", may="workers_x",
        knows="resident_a delegate_a", barred="street_x district_x"),
    # Second level: the street office, after the notice.
    Row("POST /applications/{application_id}/review", on="application_noticed", may="street_x",
        knows="resident_a delegate_a agent_x worker_x district_x"),
    Row("POST /applications/{application_id}/reject", on="application_noticed", may="street_x",
        knows="resident_a delegate_a agent_x", barred="worker_x district_x"),
    # Third level: the district.
    Row("POST /applications/{application_id}/approve", on="application_to_approve", may="district_x",
        knows="resident_a delegate_a agent_x worker_x street_x"),
    Row("POST /applications/{application_id}/return", on="application_street_reviewed", may="district_x",
        knows="resident_a delegate_a agent_x", barred="worker_x street_x"),
    # The same decisions, many in one call: a row that is not one's own is refused as a row.
    Row("POST /applications/reviews", on="bulk_verify", may="workers_x", by_rows=True,
        knows="resident_a delegate_a street_x district_x"),
    Row("POST /applications/reviews", on="bulk_review", may="street_x", by_rows=True,
        knows="resident_a delegate_a agent_x worker_x district_x"),
    Row("POST /applications/reviews", on="bulk_approve", may="district_x", by_rows=True,
        knows="resident_a delegate_a agent_x worker_x street_x"),
    # The notice is public and masked; whoever is signed in may object. An auditor is read only.
    Row("GET /notices", on="notices", may="everybody", public=True),
    Row("POST /notices/{application_id}/objections", on="application_on_notice", may="residents",
        unsaid="agent_x worker_x street_x district_x worker_next staff_y money_x lead_x finance_y operator"),
    # Payment runs: finance of the programme's district. Whoever calculated may not release.
    Row("POST /payment-runs", on="a_new_run", may="finance", unsaid="finance_lead"),
    Row("GET /payment-runs", on="runs_of_both", sees={"money_x auditor": "A", "finance_y auditor_y": "B", "of_x": ""}),
    Row("GET /payment-runs/{payment_run_id}", on="run_calculated", may="money_x auditor"),
    Row("POST /payment-runs/{payment_run_id}/calculate", on="run_draft", may="finance", unsaid="finance_lead",
        knows="auditor"),
    Row("POST /payment-runs/{payment_run_id}/check", on="run_calculated", may="money_x", knows="auditor"),
    Row("POST /payment-runs/{payment_run_id}/release", on="run_checked", may="finance_lead", barred="finance",
        knows="auditor"),
    Row("POST /payment-runs/{payment_run_id}/file", on="run_released", may="money_x", knows="auditor"),
    # The bank's file holds whole accounts: not for an auditor.
    Row("GET /payment-runs/{payment_run_id}/file", on="run_sent", may="finance", unsaid="finance_lead", knows="auditor",
        in_full=True),
    Row("POST /bank-results", on="results_of_the_bank", may="finance", unsaid="finance_lead", knows="auditor"),
    Row("GET /payments", on="payments_of_both", sees={
        "money_x auditor of_x": "A", "finance_y auditor_y": "B", "resident_a delegate_a": "A?", "resident_b": "B?",
    }),
    Row("POST /payments/{payment_id}/reissue", on="payment_returned", may="finance", unsaid="finance_lead lead_x",
        knows="auditor auditor_x"),
    # What the bank wrote may name an account: for whoever has it paid again, for a reason that is written down.
    Row("POST /payments/{payment_id}/reveal", on="words_of_the_bank", may="finance", in_full=True,
        unsaid="finance_lead lead_x", knows="resident_a delegate_a auditor auditor_x"),
    # The account in full, for a reason that is written down: whoever verifies, and whoever pays once it is granted. An auditor
    # sees figures and no accounts; residents have a page of all that is held about them.
    Row("POST /applications/{application_id}/reveal", on="account_to_verify", may="workers_x", in_full=True,
        unsaid="street_x district_x money_x lead_x", knows="resident_a delegate_a auditor auditor_x"),
    Row("POST /applications/{application_id}/reveal", on="account_to_pay", may="finance", in_full=True,
        unsaid="staff_x finance_lead lead_x", knows="resident_a delegate_a auditor auditor_x"),
    # The evidence: whoever decides. Finance pays, and need not know why somebody is poor.
    Row("POST /applications/{application_id}/reveal", on="evidence_to_verify", may="workers_x", in_full=True,
        unsaid="street_x district_x", knows="resident_a delegate_a money_x of_x auditor"),
    Row("POST /applications/{application_id}/reveal", on="evidence_of_a_granted_one", may="district_x", in_full=True,
        unsaid="workers_x street_x", knows="resident_a delegate_a money_x of_x auditor"),
    # All that is held about whoever asks.
    Row("GET /me/data/relief", on="own_data", in_full=True, sees={"resident_a": "A", "resident_b": "B", OTHERS: ""}),
    Row("GET /audit/relief_disbursement", on="audit", may="auditors"),
    Row("GET /audit/relief_disbursement.csv", on="audit", may="auditors"),
)
