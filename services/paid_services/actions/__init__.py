"""What paid services do: one verb, one file."""

from paid_services.actions.assign_order import assign_order
from paid_services.actions.book_order import book_order
from paid_services.actions.cancel_order import cancel_order
from paid_services.actions.close_month import close_month
from paid_services.actions.complete_order import complete_order
from paid_services.actions.confirm_order import confirm_order
from paid_services.actions.dispute_order import dispute_order
from paid_services.actions.drop_quotes import drop_quotes
from paid_services.actions.offer_service import offer_service
from paid_services.actions.pay_order import pay_order
from paid_services.actions.quote_order import quote_order
from paid_services.actions.quote_request import quote_request
from paid_services.actions.refund_order import refund_order
from paid_services.actions.register_provider import register_provider
from paid_services.actions.start_order import start_order

__all__ = [
    "assign_order",
    "book_order",
    "cancel_order",
    "close_month",
    "complete_order",
    "confirm_order",
    "dispute_order",
    "drop_quotes",
    "offer_service",
    "pay_order",
    "quote_order",
    "quote_request",
    "refund_order",
    "register_provider",
    "start_order",
]
