"""The registry: who is who. A worker registers households of their own community; everybody reads masked.

The tree of units and the staff are the operator's. Who is appointed decides who may do what, so nobody else appoints.
"""

from access.row import Row

# fmt: off
OTHERS = (
    "lapsed_delegate volunteer volunteer_beside volunteer_other provider provider_other worker_next money_x auditors finance_y"
    " operator of_x"
)
EVERYBODY_ELSE = (
    "volunteer volunteer_beside volunteer_other provider provider_other worker_x street_x district_x worker_next staff_y"
    " money_x auditors finance_y operator of_x"
)
ROWS = (
    Row("POST /units", on="a_new_unit", may="operator"),
    Row("GET /units", on="units", may="everybody"),
    # When an office is open is for everybody to know; the district's officer and the operator say it.
    Row("GET /units/{unit_id}/calendar", on="unit_of_a", may="everybody"),
    Row("PUT /units/{unit_id}/calendar", on="hours_of_x", may="operator district_x"),
    # So is where a community lies; whoever draws it decides whose a request is.
    Row("GET /units/{unit_id}/place", on="unit_of_a", may="everybody"),
    Row("PUT /units/{unit_id}/place", on="place_of_x", may="operator district_x"),
    # Registering is the community worker's; whether the levels above or the operator may do it for them is
    # not said.
    Row("POST /households", on="registering_in_x", may="workers_x", unsaid="street_x district_x operator"),
    Row("GET /households/{household_id}", on="household_of_a", may="side_of_a staff_x"),
    Row("POST /households/{household_id}/residents", on="household_to_grow", may="workers_x",
        unsaid="street_x district_x operator", knows="resident_a delegate_a"),
    Row("GET /residents/{resident_id}", on="resident_of_x", may="side_of_a staff_x"),
    # K1: whoever searches finds their own and nobody else's, count included, whatever they search by; only staff find others.
    # Whether a list without a question is for everybody is not said: it may also be refused.
    Row("GET /residents", on="residents", sees={
        "resident_a": "A", "resident_b": "B", "delegate_a agent_x": "A?", "worker_x street_x district_x": "?",
        "staff_y": "?", OTHERS: "?",
    }),
    Row("GET /residents", on="residents_with_the_phone_of_b", sees={
        "worker_y": "B", "street_y district_y resident_b": "B?", "side_of_a": "?", "worker_x street_x district_x": "?",
        OTHERS: "?",
    }),
    # One's own phone and address, and those of whom one acts for; names and ID numbers are checked against papers by a worker
    # (K6: nobody makes themself somebody else by an update).
    Row("PATCH /residents/{resident_id}", on="phone_to_correct", may="side_of_a worker_x", unsaid="street_x district_x"),
    Row("PATCH /residents/{resident_id}", on="name_to_correct", may="workers_x", unsaid="street_x district_x",
        knows="resident_a delegate_a"),
    # "Full value only with a reason that is logged": for whoever works with these people. One's own data has a page of its own.
    # The gateway's worker, who is nobody that signs in, is given a phone to send a message to (test_messenger.py of the registry).
    Row("POST /residents/{resident_id}/reveal", on="resident_to_reveal", may="workers_x", in_full=True,
        unsaid="street_x district_x", knows="resident_a delegate_a"),
    # Who decides that somebody is forgotten is not said; nobody but the operator surely can.
    Row("POST /residents/{resident_id}/erase", on="resident_to_erase", may="operator",
        unsaid="resident_a street_x district_x", knows="workers_x"),
    # A contact is for whoever holds the accepted task or the order, and for nobody else: others who were offered it, other
    # providers, staff (they have their own way to the person), and whoever it is about learn nothing by the number of the work.
    Row("GET /contacts/{work_id}", on="contact_of_task", may="volunteer", in_full=True),
    Row("GET /contacts/{work_id}", on="contact_of_order", may="provider", in_full=True),
    # All that is held about whoever asks.
    Row("GET /me/data/registry", on="own_data", in_full=True, sees={
        "resident_a": "A", "resident_b": "B", "delegate_a lapsed_delegate agent_x": "", EVERYBODY_ELSE: "",
    }),
    # Consent is A's to give; a delegate neither prolongs it nor passes it on. Whether a worker may write down what A says
    # at the counter is not said.
    Row("POST /residents/{resident_id}/consents", on="consent_to_family", may="resident_a",
        unsaid="workers_x", knows="delegate_a street_x district_x"),
    # "A delegate (family member, or community worker acting for a resident)": consent to a worker can be recorded, but not by that
    # worker (`worker_x`), who would need nobody's word then.
    Row("POST /residents/{resident_id}/consents", on="consent_to_worker", may="resident_a",
        unsaid="agent_x", knows="worker_x delegate_a street_x district_x"),
    Row("POST /staff", on="a_new_colleague", may="operator"),
    Row("POST /staff/{staff_id}/appointments", on="staff_of_x", may="operator", knows="worker_x"),
    # Rights end with the appointment; whoever appoints ends it.
    Row("POST /staff/{staff_id}/appointments/{appointment_id}/end", on="appointment_of_x", may="operator", knows="worker_x"),
    # One's own record, and the operator's; those above, colleagues and auditors: not said.
    Row("GET /staff/{staff_id}", on="staff_of_x", may="operator worker_x",
        unsaid="agent_x street_x district_x auditor"),
    # "An auditor's page and export."
    Row("GET /audit/community_registry", on="audit", may="auditors"),
    Row("GET /audit/community_registry.csv", on="audit", may="auditors"),
)
