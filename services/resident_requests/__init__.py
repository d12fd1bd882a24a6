"""Residents ask for help here, and see where it stands.

It decides what becomes of a request (filing, triage, resolution, closing), publishes each step on `requests.requests`,
and listens to the registry (who lives where) and to volunteers' tasks (who took it up, what came of it). Reports of
other systems are imported here too. The words of a request and its address stay here, sealed.
"""
