"""What paid services hold about a person: as one who is served, and as one who provides."""

from platform_kit.personal_data import Held

HELD = (
    Held("provider", "person_id = $1", ("id", "unit_id", "services", "created_at")),
    Held(
        "service_order",
        "resident_id = $1 OR provider_id IN (SELECT id FROM provider WHERE person_id = $1)",
        ("id", "order_number", "resident_id", "provider_id", "unit_id", "request_id", "service", "quantity", "starts_at", "currency",
         "price_minor", "subsidy_minor", "to_pay_minor", "paid_minor", "refunded_minor", "subsidy_reversed_minor", "fee_minor", "state", "valid_until",
         "created_at"),
    ),
    Held(
        "receipt",
        "order_id IN (SELECT id FROM service_order WHERE resident_id = $1)",
        ("number", "order_id", "amount_minor", "currency", "method", "collected_by", "issued_on"),
    ),
)  # fmt: skip
