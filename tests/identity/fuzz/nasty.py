"""Inputs that have broken services before, on every operation: each answer is a refusal that was declared, or a success.

What the schema-driven run hardly ever makes: bytes that are no text, two values for one name, numbers beyond any column,
JSON deeper than a stack, a body that is not what its header says.
"""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import httpx

from identity.fuzz.driven import SAFE, Finding

STRINGS = (
    "", "\0", "a\0b", "\x01\x1f\x7f", "\u202e\u2066rtl", "\ufeff", "\uffff", "👩‍👩‍👧‍👦" * 50, "x" * 100_000, "' OR 1=1 --", "{0}%s%n{x}",
    "../../etc/passwd", "-1", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59", "2026-02-30", "+999999-01-01T00:00:00Z",
    "24:00", "NaN", "00000000-0000-0000-0000-000000000000", "urn:uuid:00000000-0000-0000-0000-000000000000",
)  # fmt: skip
NUMBERS = (-1, 0, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**400, 1e308, 0.1, -0.0, True)
OTHERS = (None, [], {}, [[]], [None], {"amount": 1}, False)
# Written as they are: Python's encoder would not write them.
RAW_VALUES = (
    '"\\ud800"',
    '"\\udc00\\ud800"',
    "NaN",
    "-Infinity",
    "1e999",
    "1" * 5000,
    "[" * 900 + "]" * 900,
    '{"a":' * 900 + "1" + "}" * 900,
)
BODIES = (
    b"", b" ", b"null", b"true", b"[]", b"[{}]", b'"x"', b"0", b"{", b"{}}", b"\xff\xfe\x00", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b'{"\xff":1}',
    '{"words":"x"}'.encode("utf-16"), b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000, b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"9" * 10_000, b"1" + b"0" * 100_000, b"\0" * 1000, b"a=1&b=2", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n",
)  # fmt: skip
TYPES = (
    None, "", "text/plain", "application/xml", "application/json; charset=utf-16", "application/x-www-form-urlencoded",
    "multipart/form-data", "multipart/form-data; boundary=x", "application/json;" + "a" * 5000, "image/png", "\u00e9", "application/vnd.api+json",
)  # fmt: skip
SEGMENTS = (
    "%00", "a%00b", "%2F", "%2e%2e", "..%2f..", "%ED%A0%80", "%FF", "%", "%zz", "x" * 5000, "0", "-1", "9" * 400, "%EF%BC%91", "%0d%0aX:1", "*", "null",
    "{}", "'", "00000000-0000-0000-0000-000000000000", "%7B00000000-0000-0000-0000-000000000000%7D",
)  # fmt: skip
QUERIES = (
    "%00=%00", "limit=", "limit=%00", "limit=1&limit=2", "limit=" + "9" * 400, "limit=1e3", "limit=-1", "limit=%D9%A1", "cursor=%00", "cursor=%ED%A0%80",
    "cursor=" + "A" * 500, "cursor=W10", "cursor=bnVsbA", "cursor=WyJ4Il0", "cursor=WzFd", "cursor=e30", "cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwgIjAiXQ",
    "cursor=" + "W1tb" * 100, "state=%00", "state=a&state=b", "min_version=%00", "min_version=a:b:1", "min_version=a:%00:1", "min_version=a:b:" + "9" * 17,
    "resident_id=%00", "month=2026-13", "month=%00", "&" * 2000, "&".join(f"a{n}=1" for n in range(1500)), "%", "=", "%ff=%ff", "a[]=1&a[b]=2",
)  # fmt: skip
HEADERS: tuple[tuple[tuple[str, bytes], ...], ...] = (
    (("Idempotency-Key", b"a"), ("Idempotency-Key", b"b")),
    (("Idempotency-Key", b"\xff"),),
    (("Idempotency-Key", b"k" * 5000),),
    (("Idempotency-Key", b"a\tb"),),
    (("Authorization", b"Bearer \xff\xfe"),),
    (("Authorization", b"Bearer " + b"a" * 7000),),
    (("Authorization", b"Bearer a.b.c"),),
    (("Authorization", b"Basic Og=="),),
    (("Authorization", b""),),
    (("Accept-Language", b"\xff"),),
    (("Accept-Language", b"en" * 3000),),
    (("Accept", b"application/xml"),),
    (("If-Match", b'"\xff"'),),
    (("If-Match", b'W/"1", *'),),
    (("X-Correlation-Id", b"a" * 5000),),
    (("traceparent", b"00-\xff"),),
    (("Range", b"bytes=" + b"0-," * 1000),),
    (("Content-Encoding", b"gzip"),),
    (("Expect", b"200-maybe"),),
    (("Upgrade", b"websocket"), ("Connection", b"Upgrade")),
    (("Cookie", b"linli_session=" + b"a" * 5000),),
    (("Cookie", b"\xff=\xff; linli_elder"),),
    (("Origin", b"null"),),
    (("Forwarded", b"for=\xff"), ("X-Forwarded-For", b"\xff, 1.1.1.1")),
)
# Not HTTP, or hardly: sent as they are, on a connection each.
RAW = (
    b"\r\n\r\n\r\n", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA\0b: c\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n continued\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
)  # fmt: skip
# What the server itself says of bytes that are not HTTP; no operation has been reached then.
NOT_HTTP = (400, 431, 501)


@dataclass
class _Sender:
    where: str
    base: str
    document: dict[str, Any]
    http: httpx.Client
    tokens: dict[str, str | None]
    found: list[Finding]
    every: int = 1
    met: int = 0
    sent: int = 0

    def send(self, label: str, method: str, target: str, *, role: str, what: str, body: bytes | None = None,
             headers: tuple[tuple[str, bytes], ...] = ()) -> None:  # fmt: skip
        self.met += 1
        if self.met % self.every:
            return
        given = {name.lower() for name, _ in headers}
        own: list[tuple[str, bytes]] = [(name, value) for name, value in headers if value is not None]
        if "authorization" not in given and (token := self.tokens[role]):
            own.append(("Authorization", f"Bearer {token}".encode()))
        if "idempotency-key" not in given and method not in SAFE:
            own.append(("Idempotency-Key", str(uuid4()).encode()))
        if "content-type" not in given and body is not None:
            own.append(("Content-Type", b"application/json"))
        request = self.http.build_request(method, self.base, content=body)
        request.url = request.url.copy_with(raw_path=target.encode("latin-1"))
        names = {name.lower() for name, _ in own}
        kept = [(name, value) for name, value in request.headers.raw if name.decode().lower() not in names]
        request.headers = httpx.Headers([*kept, *((name.encode(), value) for name, value in own)])
        how = f"{method} {target[:300]} as {role}: {what}"
        self.sent += 1
        try:
            answer = self.http.send(request)
        except httpx.HTTPError as error:
            self.found.append(Finding(self.where, label, f"no answer: {type(error).__name__}", how))
            return
        if wrong := self._wrong(label, answer):
            self.found.append(Finding(self.where, label, f"{wrong}: {answer.text[:300]}", how))

    def _wrong(self, label: str, answer: httpx.Response) -> str | None:
        status = answer.status_code
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if status >= 500 and not (status == 503 and "retry-after" in answer.headers):
            return f"answered {status}"
        if status in NOT_HTTP and kind == "text/plain":
            return None
        if status >= 400 and (
            kind != "application/problem+json"
            or not {"type", "title", "status", "detail"} <= answer.json().keys()
        ):
            return f"answered {status} without a problem"
        method, _, path = label.partition(" ")
        declared = self.document["paths"][path][method.lower()]["responses"]
        if str(status) not in declared and status not in (404, 405):
            return f"answered {status}, undeclared"
        if status < 300 and kind not in declared[str(status)].get("content", {kind: 1}):
            return f"answered {status} as {kind}, undeclared"
        return None


def run(
    service: str, base: str, tokens: dict[str, str | None], ids: dict[str, list[str]], every: int = 1
) -> tuple[list[Finding], int]:
    """Every operation of the service, as somebody who may call it if there is one; the findings, and how many calls were made.

    `every`: of the whole corpus only each so-manieth input, for a short run.
    """
    with httpx.Client(timeout=30, trust_env=False) as http:
        document = http.get(f"{base}/openapi.json").json()
        sender = _Sender(f"{service}, nasty inputs", base, document, http, tokens, [], every)
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _operation(sender, method.upper(), path, operation, ids)
        for raw in RAW:
            sender.sent += 1
            if wrong := _raw(base, raw):
                sender.found.append(Finding(sender.where, "bytes", wrong, repr(raw[:200])))
        if http.get(f"{base}/livez").status_code != 200:
            sender.found.append(Finding(sender.where, "bytes", "it does not live any more", ""))
    return sender.found, sender.sent


def _raw(base: str, raw: bytes) -> str | None:
    """What is answered to these bytes, if it is anything but a refusal, or the end of the connection."""
    address = urlsplit(base)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        except TimeoutError:
            return "neither answered nor ended"
        except OSError:
            return None
    status = answer[9:12]
    return f"answered {status!r}" if answer and status[:1] not in (b"2", b"4") and status != b"501" else None


def _operation(
    sender: _Sender, method: str, path: str, operation: dict[str, Any], ids: dict[str, list[str]]
) -> None:
    label = f"{method} {path}"
    names = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
    real = path
    for name in names:
        real = real.replace("{%s}" % name, quote(ids.get(name, [str(uuid4())])[0], safe=""))  # noqa: UP031
    query = "&".join(
        f"{each['name']}={quote(ids.get(each['name'], ['1'])[0])}"
        for each in operation.get("parameters", ())
        if each["in"] == "query" and each.get("required")
    )
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    sample = _sample(sender.document, schema, ids) if schema else None
    plain = json.dumps(sample).encode() if schema else None
    target = f"{real}?{query}" if query else real
    role = _role_of(sender, method, target, plain)

    def send(
        what: str, to: str = target, body: bytes | None = plain, headers: tuple[tuple[str, bytes], ...] = ()
    ) -> None:
        sender.send(label, method, to, role=role, what=what, body=body, headers=headers)

    for headers in HEADERS:
        send(f"headers {headers!r}"[:200], headers=headers)
    for tail in QUERIES:
        send(f"query {tail[:80]}", to=f"{real}?{query}&{tail}" if query else f"{real}?{tail}")
    for name in names:
        for segment in SEGMENTS:
            broken = path.replace("{%s}" % name, segment)  # noqa: UP031
            for other in names:
                broken = broken.replace("{%s}" % other, quote(ids.get(other, [str(uuid4())])[0], safe=""))  # noqa: UP031
            send(f"{name} = {segment[:60]}", to=f"{broken}?{query}" if query else broken)
    if content:
        for body in BODIES:
            send(f"body {body[:40]!r} of {len(body)} bytes", body=body)
        for kind in TYPES:
            value = (kind or "").encode("latin-1")
            send(
                f"content type {kind!r}"[:80],
                headers=(("Content-Type", value),) if kind is not None else (("Content-Type", b""),),
            )
    if schema:
        for what, text in _broken(sample):
            send(what, body=text.encode("utf-8", "surrogatepass"))


def _role_of(sender: _Sender, method: str, target: str, body: bytes | None) -> str:
    """The first role that the operation does not turn away: an input that nobody looks at proves nothing."""
    for role, token in sender.tokens.items():
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        # Without a key, or with half a body, nothing happens yet; only 401 and 403 say that it is not for this role.
        answer = sender.http.request(method, sender.base + target, headers=headers, content=body)
        if answer.status_code not in (401, 403):
            return role
    return "operator"


def _sample(document: dict[str, Any], schema: Any, ids: dict[str, list[str]], name: str = "") -> Any:
    """A body that could be right: required and optional members, real ids where there are some."""
    if "$ref" in schema:
        return _sample(
            document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], ids, name
        )
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _sample(document, schema[several][0], ids, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            members = schema.get("properties", {})
            return {member: _sample(document, part, ids, member) for member, part in members.items()} or {
                "a": "b"
            }
        case "array":
            return [_sample(document, schema.get("items", {}), ids, name)]
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
    if ids.get(name):
        return ids[name][0]
    formats = {"uuid": str(uuid4()), "date-time": "2027-03-01T08:00:00Z", "date": "2027-03-01"}
    return formats.get(schema.get("format", ""), "x" * max(3, schema.get("minLength", 0)))


def _broken(sample: Any) -> Iterator[tuple[str, str]]:
    """The sample with one of its values replaced, and with what does not belong there."""
    marker = "\ue000here"
    for place, text in _with_marker(sample, marker):
        written = json.dumps(marker)
        for value in (*STRINGS, *NUMBERS, *OTHERS):
            yield f"{place} = {value!r}"[:120], text.replace(written, json.dumps(value))
        for raw in RAW_VALUES:
            yield f"{place} = {raw[:40]}", text.replace(written, raw)
    if isinstance(sample, dict):
        yield "a member too many", json.dumps(sample | {"\0": 1})
        yield "a member that is a surrogate", json.dumps(sample)[:-1] + ', "\\ud800": 1}'
        yield "every member twice", json.dumps(sample)[:-1] + ", " + json.dumps(sample)[1:]
        yield "no member at all", "{}"


def _with_marker(part: Any, marker: str, place: str = "") -> Iterator[tuple[str, str]]:
    """The whole sample as JSON, once for each value in it, with the marker in its place."""

    def spots(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        yield path
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for name, inner in items:
            yield from spots(inner, (*path, name))

    for path in list(spots(part, ()))[1:]:
        copy = json.loads(json.dumps(part))
        inner = copy
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = marker
        yield place + ".".join(map(str, path)), json.dumps(copy)
