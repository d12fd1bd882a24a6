"""The caller that an account stands for."""

from uuid import UUID

from platform_kit.auth import Caller, Post
from resident_gateway.store import Account


def caller_of(account: Account) -> Caller:
    posts = tuple(Post(post["role"], UUID(post["unit_id"]), post["unit_code"]) for post in account.posts)
    return Caller(account.subject, frozenset(account.roles) | {post.role for post in posts}, posts)
