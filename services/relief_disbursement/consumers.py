"""Relief listens to the registry only: who lives where, and who may act for whom."""

from registry_replica.consumer import REGISTRY_REPLICA

CONSUMERS = (REGISTRY_REPLICA,)
