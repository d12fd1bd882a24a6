"""Paid services: the resident orders, the worker assigns, the provider of the order works, finance takes and gives money.

Nobody marks their own bill as paid. Figures and what leads down to them (transactions, receipts, orders) are finance's and, to
read, the auditor's, of their units. The month and the audit are of the whole house: whoever leads finance, or audits, in one
community closes and reads them not.
"""

from access.row import Row

# fmt: off
OTHERS = (
    "delegate_a lapsed_delegate volunteer volunteer_beside volunteer_other staff_x worker_next staff_y money_x auditors finance_y"
    " operator of_x"
)
ROWS = (
    # The catalogue: what there is and what it costs. Whether nobody at all may look is not said.
    Row("GET /services", on="services", may="everybody", unsaid="nobody"),
    Row("POST /services", on="a_new_service", may="operator", unsaid="district_x district_y finance_lead"),
    Row("POST /providers", on="registering_oneself", may="residents"),
    Row("GET /providers/me/orders", on="orders_of_both", sees={"provider": "A", "provider_other": "B"}),
    # Ordering, as for requests: a worker without consent is not settled by the texts.
    Row("POST /quotes", on="quoting_for_a", may="side_of_a", unsaid="worker_x"),
    Row("POST /quotes", on="quoting_for_oneself", may="residents"),
    Row("POST /orders", on="order_quoted", may="side_of_a", unsaid="worker_x", knows="street_x district_x"),
    Row("GET /orders", on="orders_of_both", sees={
        "staff_x": "A", "staff_y": "B", "worker_next": "",
        "money_x auditor of_x": "A?", "finance_y auditor_y": "B?",
        "resident_a delegate_a provider": "A?", "resident_b provider_other": "B?",
    }),
    Row("GET /orders/{order_id}", on="order_assigned", may="side_of_a staff_x provider", unsaid="money_x auditor of_x"),
    # Whoever refunds must see what was paid, and an entry leads down to its order.
    Row("GET /orders/{order_id}", on="order_paid", may="side_of_a staff_x provider money_x auditor of_x"),
    # Without a provider it is nobody's job yet.
    Row("GET /orders/{order_id}", on="order_booked", may="side_of_a staff_x", unsaid="money_x auditor of_x"),
    Row("POST /orders/{order_id}/assign", on="order_to_assign", may="workers_x", unsaid="street_x district_x",
        knows="resident_a delegate_a money_x auditor of_x"),
    Row("POST /orders/{order_id}/start", on="order_assigned", may="provider",
        knows="side_of_a staff_x money_x auditor of_x"),
    Row("POST /orders/{order_id}/complete", on="order_in_service", may="provider",
        knows="side_of_a staff_x money_x auditor of_x"),
    # The resident's own steps.
    Row("POST /orders/{order_id}/confirm", on="order_completed", may="side_of_a", unsaid="worker_x",
        knows="street_x district_x provider money_x auditor of_x"),
    Row("POST /orders/{order_id}/dispute", on="order_completed", may="side_of_a", unsaid="worker_x",
        knows="street_x district_x provider money_x auditor of_x"),
    Row("POST /orders/{order_id}/cancel", on="order_booked", may="side_of_a", unsaid="worker_x",
        knows="street_x district_x money_x auditor of_x"),
    # Money in, money out.
    Row("POST /orders/{order_id}/pay", on="order_confirmed", may="finance", unsaid="workers_x finance_lead lead_x",
        knows="resident_a delegate_a street_x district_x provider auditor auditor_x"),
    Row("POST /orders/{order_id}/refund", on="order_to_refund", may="finance", unsaid="finance_lead lead_x",
        knows="side_of_a worker_x street_x district_x provider auditor auditor_x"),
    Row("GET /finance/income", on="income_of_both", sees={
        "money_x auditor of_x": "A", "finance_y auditor_y": "B", "district_x": "A?", "district_y": "B?",
    }),
    Row("GET /finance/transactions", on="transactions_of_both", sees={
        "money_x auditor of_x": "A", "finance_y auditor_y": "B", "district_x": "A?", "district_y": "B?",
    }),
    Row("GET /finance/receipts/{number}", on="receipt", may="money_x auditor of_x", unsaid="side_of_a worker_x district_x"),
    # The month's close is the lead's: who books is not who closes.
    Row("POST /finance/periods/{month}/close", on="month_over", may="finance_lead", unsaid="finance",
        knows="auditor"),
    # All that is held about whoever asks: as one who is served, and as one who provides.
    Row("GET /me/data/paid", on="own_data", in_full=True, sees={
        "resident_a provider": "A", "resident_b provider_other": "B", OTHERS: "",
    }),
    Row("GET /audit/paid_services", on="audit", may="auditors"),
    Row("GET /audit/paid_services.csv", on="audit", may="auditors"),
)
