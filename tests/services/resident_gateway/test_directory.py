"""Which operation a path names."""

import pytest

from resident_gateway.directory import Directory

KNOWN = Directory(
    [
        ("GET", "/api/volunteers/me", "oneself"),
        ("GET", "/api/volunteers", "all"),
        ("POST", "/api/volunteers", "new"),
        ("GET", "/api/volunteers/{volunteer_id}", "one"),
        ("PUT", "/api/volunteers/{volunteer_id}/days/{day}", "a day"),
        ("GET", "/api/audit/{service}", "of any"),
        ("GET", "/api/audit/paid.csv", "of one"),
    ]
)


@pytest.mark.parametrize(
    ("path", "method", "what", "values"),
    [
        ("/api/volunteers", "GET", "all", {}),
        ("/api/volunteers", "POST", "new", {}),
        ("/api/volunteers/me", "GET", "oneself", {}),
        ("/api/volunteers/17", "GET", "one", {"volunteer_id": "17"}),
        ("/api/volunteers/..", "GET", "one", {"volunteer_id": ".."}),
        ("/api/volunteers/a/days/b", "PUT", "a day", {"volunteer_id": "a", "day": "b"}),
        ("/api/audit/paid.csv", "GET", "of any", {"service": "paid.csv"}),
    ],
)
def test_a_path_names_what_was_given_first(path: str, method: str, what: str, values: dict[str, str]) -> None:
    found = KNOWN.find(path)
    assert found is not None
    assert (found[0].get(method), found[1]) == (what, values)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/api", "/api/", "/api/volunteers/", "/api//me", "/volunteers", "/api/volunteers/1/days", "/api/volunteers/1/days/"],
)  # fmt: skip
def test_there_is_nothing_anywhere_else(path: str) -> None:
    assert KNOWN.find(path) is None


def test_a_path_tells_which_methods_it_has() -> None:
    found = KNOWN.find("/api/volunteers")
    assert found is not None
    assert set(found[0]) == {"GET", "POST"}
