"""The registry: who is who. A worker registers households of their own community; everybody reads masked.

The tree of units and the staff are the operator's. Who is appointed decides who may do what, so nobody else appoints.
"""

from access.row import Row

# fmt: off
ROWS = (
    Row("POST /units", on="a_new_unit", may="operator"),
    Row("GET /units", on="units", may="everybody"),
    # Registering is the community worker's; whether the levels above or the operator may do it for them is
    # not said.
    Row("POST /households", on="registering_in_x", may="workers_x", unsaid="street_x district_x operator"),
    Row("GET /households/{household_id}", on="household_of_a", may="side_of_a staff_x"),
    Row("POST /households/{household_id}/residents", on="household_to_grow", may="workers_x",
        unsaid="street_x district_x operator", knows="resident_a delegate_a"),
    Row("GET /residents/{resident_id}", on="resident_of_x", may="side_of_a staff_x"),
    # Consent is A's to give; a delegate neither prolongs it nor passes it on. Whether a worker may write down what A says
    # at the counter is not said.
    Row("POST /residents/{resident_id}/consents", on="consent_to_family", may="resident_a",
        unsaid="workers_x", knows="delegate_a street_x district_x"),
    # "A delegate (family member, or community worker acting for a resident)": consent to a worker can be recorded.
    Row("POST /residents/{resident_id}/consents", on="consent_to_worker", may="resident_a",
        unsaid="workers_x", knows="delegate_a street_x district_x"),
    Row("POST /staff", on="a_new_colleague", may="operator"),
    Row("POST /staff/{staff_id}/appointments", on="staff_of_x", may="operator", knows="worker_x"),
    # One's own record, and the operator's; those above, colleagues and auditors: not said.
    Row("GET /staff/{staff_id}", on="staff_of_x", may="operator worker_x",
        unsaid="agent_x street_x district_x auditor"),
)
