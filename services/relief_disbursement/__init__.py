"""Relief: programmes with a yearly budget, applications with three reviews, payments made at most once.

It decides who is entitled to what, and what is paid when. It publishes programmes, applications, payment runs
and payments; it listens to the registry (units, residents, households, consents) and to nobody else.
"""
