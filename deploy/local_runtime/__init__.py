"""Runs the whole house on one machine that has Python and nothing else.

PostgreSQL comes from a wheel, Kafka from its jars under a Java that is a wheel too, and every
service runs as ordinary processes under a supervisor. `cli.py` is the way in.
"""
