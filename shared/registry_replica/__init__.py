"""What other services know of the registry: units, households, residents and consents, kept from its events.

Topics are not ordered among each other, so no row of it needs another to be there.
"""
