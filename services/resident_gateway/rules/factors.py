"""What an account of each kind proves of whoever signs in with it, and what may therefore come with it."""

# A code that comes by SMS is one factor, and whoever has the number next gets it, too: nobody's work hangs on it.
ROLES_OF_ONE_FACTOR = frozenset({"resident", "volunteer", "provider"})


def proves_two(kind: str, *, has_code: bool, needs_code: bool) -> bool:
    """`has_code`: a second factor was confirmed; `needs_code`: this house lets staff in only with one.

    For a provider's account it is the provider who asks for as much as staff there need.
    """
    return kind == "provider" or (kind == "password" and (has_code or not needs_code))
