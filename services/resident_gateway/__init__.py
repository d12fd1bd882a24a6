"""The resident-facing API: signs people in, asks one service per command, answers residents' lists from its own read model.

It listens to every topic that a person's timeline shows, and to the registry for who may act for whom.
"""
