from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resident_gateway import open311_forms as forms


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("services.json", ("/open311/services", "services", "json")),
        ("services/street light.xml", ("/open311/services/street%20light", "service_definition", "xml")),
        ("requests.xml", ("/open311/requests", "service_requests", "xml")),
        ("requests/000-000-011.json", ("/open311/requests/000-000-011", "service_requests", "json")),
        ("tokens/a.b.json", ("/open311/tokens/a.b", "service_requests", "json")),
    ],
)
def test_a_path_names_a_resource(path: str, asked: tuple[str, str, str]) -> None:
    found = forms.resource(path)
    assert found is not None
    assert (found.path, found.root, found.format) == asked


@given(st.text(max_size=60))
def test_no_path_leads_out_of_what_is_public(path: str) -> None:
    for whole in (path, f"requests/{path}.json", f"services/{path}.xml"):
        if found := forms.resource(whole):
            assert found.path.startswith(("/open311/services", "/open311/requests", "/open311/tokens/"))
            assert found.path.isascii()
            assert found.path.count("/") <= 3
            assert not set("?#") & set(found.path)
            assert ".." not in found.path.split("/")


def test_a_form_becomes_the_services_body() -> None:
    fields = [
        ("service_code", "graffiti"), ("service_code", "second"), ("lat", " 30.5"), ("long", "nan"), ("description", " "),
        ("first_name", "静怡"), ("media_url", "http://example.org"), ("attribute[a]", "1"), ("attribute[b][]", "x"),
        ("attribute[b][]", "y"), ("attribute[b][1]", "z"), ("attribute[]", "no code"), ("attribute[c", "no end"),
    ]  # fmt: skip
    body = forms.report(fields)
    assert body.pop("long") != body.get("lat")
    assert body == {"service_code": "graffiti", "lat": 30.5, "attribute": {"a": ["1"], "b": ["x", "y", "z"]}}


@given(st.text())
def test_any_text_is_xml(text: str) -> None:
    written = forms.xml("errors", [{"code": 400, "description": text}])
    [error] = ElementTree.fromstring(written)  # noqa: S314 (our own)
    told = error.findtext("description") or ""
    assert len(told) == len(text.replace("\r\n", "\n"))


def test_a_refusal_keeps_what_the_standard_has_a_number_for() -> None:
    problem = {
        "errors": [{"path": "answers.pole", "reason": "missing"}, {"path": "lat", "reason": "no number"}]
    }
    for ours, theirs in (
        (403, 403),
        (404, 404),
        (429, 429),
        (503, 503),
        (422, 400),
        (409, 400),
        (405, 400),
        (401, 400),
    ):
        status, errors = forms.refusal(ours, problem)
        assert status == theirs
        assert errors == [
            {"code": theirs, "description": "attribute[pole]: missing"}, {"code": theirs, "description": "lat: no number"},
        ]  # fmt: skip
    assert forms.refusal(500, {}) == (500, [{"code": 500, "description": "refused"}])
