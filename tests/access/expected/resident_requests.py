"""Requests. A resident sees only their own cases; staff see only their unit and the units below it (invariant 6).

A volunteer gets what a task needs by the registry's contact read, not by the request. Finance and auditors look at figures; no
figure leads to the words of a request.
"""

from access.row import Row

# fmt: off
OTHERS = (
    "lapsed_delegate volunteer volunteer_beside volunteer_other provider provider_other worker_next staff_y money_x auditors"
    " finance_y operator of_x"
)
ROWS = (
    # The catalogue is for everybody.
    Row("GET /categories", on="categories", may="everybody", public=True),
    # Categories and what they promise are the district's, and the operator's.
    Row("PUT /categories/{code}", on="a_new_category", may="operator district_x", unsaid="district_y"),
    # Where requests go is no secret among those who work on them. The district says it for its own units.
    Row("GET /routing-rules", on="routing_rules", may="staff_x staff_y worker_next operator"),
    Row("PUT /routing-rules/{code}", on="routing_rule_of_x", may="operator district_x"),
    Row("GET /requests/{request_id}/routing", on="request_submitted", may="staff_x", knows="resident_a delegate_a"),
    # Filing. A delegate (family, or a worker with consent) acts under their own name. domain.md lets a worker act for a resident,
    # the issue wants consent: what a worker without consent may is not settled.
    Row("POST /requests", on="filing_for_a", may="side_of_a", unsaid="worker_x"),
    Row("POST /requests", on="filing_for_oneself", may="residents"),
    # Before filing: as filing. Of others nothing but what is public is told; of what is private everybody their own.
    Row("POST /requests/similar", on="similar_for_a", may="side_of_a", unsaid="worker_x"),
    Row("POST /requests/similar", on="similar_in_private", may="residents"),
    Row("GET /requests/{request_id}/similar", on="public_request", may="staff_x", knows="resident_a delegate_a"),
    # "Staff can merge": those whose units hold both.
    Row("POST /requests/{request_id}/merge", on="request_to_merge", may="staff_x", knows="resident_a delegate_a"),
    Row("GET /requests/{request_id}/merged", on="request_merged_into", may="staff_x", knows="resident_a delegate_a"),
    # Any resident follows what is public, and nothing that is not; how many do is for staff.
    Row("POST /requests/{request_id}/follow", on="public_request", may="residents", knows="staff_x"),
    Row("POST /requests/{request_id}/unfollow", on="request_followed", may="volunteer_other", knows="side_of_a staff_x"),
    Row("GET /requests/{request_id}/followers", on="request_followed", may="staff_x", knows="resident_a delegate_a volunteer_other"),
    Row("GET /requests/followed", on="followed_requests", sees={
        "volunteer_other": "A", "resident_a delegate_a resident_b lapsed_delegate volunteer volunteer_beside provider provider_other": "",
    }),
    # K1: whoever searches finds their own, count included; staff find their unit's.
    Row("GET /requests", on="requests_of_both", sees={
        "staff_x": "A", "staff_y": "B", "worker_next": "",
        "resident_a delegate_a": "A?", "resident_b": "B?",
    }),
    Row("GET /requests", on="requests_by_due", sees={
        "staff_x": "A", "staff_y": "B", "worker_next": "",
        "resident_a delegate_a": "A?", "resident_b": "B?",
    }),
    # Of one unit: for whoever reaches it, and to everybody else as if there was none.
    Row("GET /requests", on="requests_of_the_unit_of_a", sees={"staff_x": "A"}),
    # Of what one person was given: as far as it lies where the caller's posts reach.
    Row("GET /requests", on="requests_begun_by_worker_x", sees={"staff_x": "A", "staff_y worker_next": ""}),
    # How many and how late, by unit: nobody's name is in it.
    Row("GET /requests/figures", on="figures", may="staff_x staff_y worker_next"),
    # And who has them, among those who work there.
    Row("GET /requests/figures/assignees", on="figures_of_the_unit_of_a", may="staff_x"),
    Row("GET /requests/statistics", on="statistics", may="staff_x staff_y worker_next"),
    Row("GET /requests/{request_id}", on="request_submitted", may="side_of_a staff_x"),
    # The volunteer who has the task, too, is refused the words of the request.
    Row("GET /requests/{request_id}", on="request_assigned", may="side_of_a staff_x"),
    # Triage, assign, start, resolve, reject: staff of the unit and above (api.md).
    Row("POST /requests/{request_id}/triage", on="request_to_triage", may="staff_x", knows="resident_a delegate_a"),
    Row("POST /requests/{request_id}/start", on="request_triaged", may="staff_x", knows="resident_a delegate_a"),
    Row("POST /requests/{request_id}/assign", on="request_to_assign", may="staff_x", knows="resident_a delegate_a"),
    Row("POST /requests/{request_id}/resolve", on="request_in_progress", may="staff_x", knows="resident_a delegate_a"),
    Row("POST /requests/{request_id}/reject", on="request_to_reject", may="staff_x", knows="resident_a delegate_a"),
    # The resident's own steps; staff may see the request and not take them, but for a worker who has consent.
    Row("POST /requests/{request_id}/withdraw", on="request_submitted", may="side_of_a",
        knows="worker_x street_x district_x"),
    Row("POST /requests/{request_id}/confirm", on="request_resolved", may="side_of_a",
        knows="worker_x street_x district_x"),
    Row("POST /requests/{request_id}/reopen", on="request_resolved", may="side_of_a",
        knows="worker_x street_x district_x"),
    # "Any affected follower": whose it is, and who follows it.
    Row("POST /requests/{request_id}/dispute", on="request_done_and_followed", may="side_of_a volunteer_other",
        knows="worker_x street_x district_x"),
    # The resident rates, or who acts for them; not the worker whose work it is.
    Row("POST /requests/{request_id}/rating", on="request_to_rate", may="resident_a delegate_a", knows="staff_x"),
    Row("GET /requests/{request_id}/ratings", on="request_rated", may="side_of_a staff_x"),
    # The resident puts their words right; staff have comments for what they have to say.
    Row("PATCH /requests/{request_id}", on="request_to_correct", may="side_of_a", knows="worker_x street_x district_x"),
    Row("GET /requests/{request_id}/conflicts", on="request_sent_twice", may="staff_x", knows="resident_a delegate_a"),
    # Both ways: whoever may see the words of a request says something about it. What staff ask, they ask; the answer is the
    # resident's, or written down by staff who heard it.
    Row("POST /requests/{request_id}/comments", on="request_to_talk_about", may="side_of_a staff_x"),
    Row("GET /requests/{request_id}/comments", on="request_talked_about", may="side_of_a staff_x"),
    Row("POST /requests/{request_id}/ask", on="request_in_doubt", may="staff_x", knows="resident_a delegate_a"),
    Row("POST /requests/{request_id}/answer", on="request_in_question", may="side_of_a staff_x"),
    # "Staff notes never shown": a note is staff's to write.
    Row("POST /requests/{request_id}/comments", on="request_to_note", may="staff_x", knows="resident_a delegate_a"),
    # Whose own was merged into A's hears what staff say of it and says something about it; of what A said they see nothing.
    Row("GET /requests/{request_id}/outcome", on="request_joined", may="side_of_a staff_x volunteer_beside"),
    Row("POST /requests/{request_id}/comments", on="request_joined_to_talk_about", may="side_of_a staff_x volunteer_beside"),
    Row("GET /requests/{request_id}/comments", on="request_joined", may="side_of_a staff_x volunteer_beside"),
    # Pictures of a request are as private as its words. Whether staff add some of their own is not said.
    Row("POST /requests/{request_id}/attachments", on="request_to_illustrate", may="side_of_a",
        unsaid="worker_x street_x district_x"),
    Row("GET /requests/{request_id}/attachments", on="request_illustrated", may="side_of_a staff_x"),
    Row("GET /requests/{request_id}/attachments/{number}", on="picture", may="side_of_a staff_x"),
    # All that is held about whoever asks, and not what they see of others.
    Row("GET /me/data/requests", on="own_data", in_full=True, sees={
        "resident_a": "A", "resident_b": "B", "delegate_a staff_x": "", OTHERS: "",
    }),
    Row("GET /audit/resident_requests", on="audit", may="auditors"),
    Row("GET /audit/resident_requests.csv", on="audit", may="auditors"),
    # Reports of a city's data: for the units of whoever brings them, and for the operator, everywhere.
    Row("PUT /import-sources/{name}", on="import_source_for_x", may="staff_x operator"),
    Row("GET /import-sources/{name}", on="import_source_of_x", may="staff_x operator"),
    Row("POST /requests/import", on="import_into_x", may="staff_x operator", by_rows=True),
    # Open311: what is public is for everybody; whoever files shows an application's key, and is nobody (the keys themselves, good
    # and bad, are tried at the gateway: tests/journeys/open311).
    Row("GET /open311/discovery", on="categories", may="everybody", public=True),
    Row("GET /open311/services", on="categories", may="everybody", public=True),
    Row("GET /open311/services/{service_code}", on="a_service", may="everybody", public=True),
    Row("POST /open311/requests", on="a_report_with_a_key", may="everybody", public=True),
    Row("GET /open311/requests", on="categories", may="everybody", public=True),
    Row("GET /open311/requests/{service_request_id}", on="a_public_report", may="everybody", public=True),
    Row("GET /open311/tokens/{token}", on="a_public_report", may="everybody", public=True),
    # Keys are the operator's, and the district's for its own units.
    Row("POST /open311/keys", on="a_new_key_for_x", may="operator district_x"),
    Row("GET /open311/keys", on="keys_of_both", sees={"district_x": "A", "district_y": "B", "operator": "AB"}),
    Row("POST /open311/keys/{key_id}/withdraw", on="key_for_x", may="operator district_x"),
    # Staff of the unit take a request off what everybody sees.
    Row("POST /requests/{request_id}/withhold", on="request_submitted", may="staff_x", knows="resident_a delegate_a"),
)
