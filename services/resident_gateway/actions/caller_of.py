"""The caller that an account stands for now: its own roles, and the posts that the registry's appointments give its person."""

from datetime import datetime

from platform_kit.auth import Caller
from platform_kit.db import Tx
from resident_gateway import store
from resident_gateway.store import Account


async def caller_of(tx: Tx, account: Account, at: datetime) -> Caller:
    posts = await store.posts_of(tx, account.subject, at)
    return Caller(account.subject, frozenset(account.roles) | {post.role for post in posts}, posts)
