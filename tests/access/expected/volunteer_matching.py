"""Volunteers and their tasks: an offer is for one person, a task for whoever holds it, the resident and their staff."""

from access.row import Row

# fmt: off
OTHERS = (
    "delegate_a lapsed_delegate volunteer_beside provider provider_other staff_x worker_next staff_y money_x auditors finance_y"
    " operator of_x"
)

ROWS = (
    # Any resident may become a volunteer, for themself; nobody for another.
    Row("POST /volunteers", on="registering_oneself", may="residents"),
    Row("GET /volunteers/me", on="oneself", may="volunteer volunteer_beside volunteer_other"),
    Row("GET /volunteers/me/hours", on="oneself", may="volunteer volunteer_beside volunteer_other"),
    Row("GET /volunteers/me/offers", on="offers_of_both", sees={
        "volunteer volunteer_beside": "A", "volunteer_other": "B",
    }),
    # Staff do not answer for a volunteer; another volunteer does not take this one's offer.
    Row("POST /offers/{offer_id}/accept", on="offer_to_volunteer", may="volunteer"),
    Row("POST /offers/{offer_id}/decline", on="offer_to_volunteer", may="volunteer"),
    Row("GET /tasks", on="tasks_of_both", sees={
        "staff_x": "A", "staff_y": "B", "worker_next": "",
        "resident_a delegate_a volunteer": "A?", "resident_b volunteer_other": "B?",
    }),
    # Whoever was offered the task and does not hold it sees it no more than anybody.
    Row("GET /tasks/{task_id}", on="task_accepted", may="side_of_a staff_x volunteer"),
    Row("POST /tasks/{task_id}/cancel", on="task_accepted", may="volunteer", knows="side_of_a staff_x"),
    Row("POST /tasks/{task_id}/check-in", on="task_accepted", may="volunteer", knows="side_of_a staff_x"),
    Row("POST /tasks/{task_id}/check-out", on="task_checked_in", may="volunteer", knows="side_of_a staff_x"),
    # Hours count once somebody else than the volunteer has confirmed them.
    Row("POST /tasks/{task_id}/confirm", on="task_done", may="side_of_a staff_x", knows="volunteer"),
    # All that is held about whoever asks: as one who is helped, and as one who helps. Whoever was merely offered the task is told
    # of the offer.
    Row("GET /me/data/volunteers", on="own_data", in_full=True, sees={
        "resident_a volunteer": "A", "resident_b volunteer_other": "B", OTHERS: "",
    }),
    Row("GET /audit/volunteer_matching", on="audit", may="auditors"),
    Row("GET /audit/volunteer_matching.csv", on="audit", may="auditors"),
)
