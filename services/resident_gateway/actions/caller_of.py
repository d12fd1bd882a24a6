"""The caller that an account stands for now: its own roles, and the posts that the registry's appointments give its person.

Posts, and the role of the operator, come only with an account that proves two factors.
"""

from datetime import datetime

from platform_kit.auth import Caller
from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.rules.factors import ROLES_OF_ONE_FACTOR, proves_two
from resident_gateway.store import Account


async def caller_of(tx: Tx, account: Account, at: datetime, *, needs_code: bool) -> Caller:
    """`needs_code`: this house lets staff in only with a second factor."""
    roles = frozenset(account.roles)
    if not proves_two(account.kind, has_code=account.totp_step is not None, needs_code=needs_code):
        return Caller(account.subject, roles & ROLES_OF_ONE_FACTOR)
    posts = await store.posts_of(tx, account.subject, at)
    return Caller(account.subject, roles | {post.role for post in posts}, posts)
