"""Volunteers and the tasks that they are offered, accept and do.

It decides who is asked and who gets a task (at most one holder, whoever taps first), publishes on `volunteers.volunteers`
and `volunteers.tasks`, and listens to the registry and to the requests that are routed to volunteers. What the resident
said stays with the request.
"""
