"""Low-cost paid services: quoted, booked, done, paid, and accounted for to the fen.

It decides prices, subsidies and who gets what of a payment; money moves only through its ledger. It publishes on
`paid.services`, `paid.providers` and `paid.orders`, and listens to the registry and to requests that are routed to it.
"""
