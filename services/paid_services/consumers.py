"""Paid services listen to the registry only."""

from registry_replica.consumer import REGISTRY_REPLICA

CONSUMERS = (REGISTRY_REPLICA,)
