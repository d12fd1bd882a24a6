"""Whether a published version still means what it meant: only a new optional field is a compatible change.

Old events are read for years and old processes read new events during a roll-out, so both directions count:
a wider enum or a field that may suddenly be missing breaks a reader just as a removed field does.
"""

from typing import Any

Schema = dict[str, Any]

_SILENT = ("title", "description", "default", "examples")
"""Words about a field, not about what fits it."""


def incompatibilities(published: Schema, proposed: Schema) -> list[str]:
    """Why `proposed` may not take the place of `published` (JSON Schemas of one type); empty when it may."""
    found = [
        f"{name} changed from {published.get(name)} to {proposed.get(name)}"
        for name in ("x-topic", "x-aggregate", "x-partitions")
        if published.get(name) != proposed.get(name)
    ]
    return found + _compare("", published, proposed, published, proposed)


def _compare(path: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> list[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    found = _fields(path, old, new, old_root, new_root)
    for keyword in ("items", "additionalProperties"):
        if isinstance(old.get(keyword), dict) and isinstance(new.get(keyword), dict):
            found += _compare(f"{path}[]", old[keyword], new[keyword], old_root, new_root)
        elif old.get(keyword) != new.get(keyword):
            found.append(f"{path or 'the payload'}: {keyword} changed")
    for keyword in ("anyOf", "oneOf", "prefixItems"):
        found += _variants(path, keyword, old, new, old_root, new_root)
    for keyword in sorted((old.keys() | new.keys()) - _WALKED):
        if not keyword.startswith("x-") and _unordered(old.get(keyword)) != _unordered(new.get(keyword)):
            was, is_now = old.get(keyword, "absent"), new.get(keyword, "absent")
            found.append(f"{path or 'the payload'}: {keyword} changed from {was} to {is_now}")
    return found


_WALKED = {
    "properties",
    "required",
    "items",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "prefixItems",
    "$defs",
    "$id",
    "$schema",
    *_SILENT,
}


def _fields(path: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    found = []
    for name, schema in before.items():
        field = f"{path}.{name}" if path else name
        if name not in after:
            found.append(f"{field} was removed")
            continue
        if (name in required_before) != (name in required_after):
            found.append(f"{field} became {'required' if name in required_after else 'optional'}")
        found += _compare(field, schema, after[name], old_root, new_root)
    for name in after:
        if name not in before and name in required_after:
            found.append(f"{path}.{name} is new and required" if path else f"{name} is new and required")
    return found


def _variants(
    path: str, keyword: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema
) -> list[str]:
    before, after = old.get(keyword, []), new.get(keyword, [])
    if len(before) != len(after):
        return [f"{path or 'the payload'}: {keyword} has {len(after)} variants, had {len(before)}"]
    found = []
    for was, is_now in zip(before, after, strict=True):
        found += _compare(path, was, is_now, old_root, new_root)
    return found


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follows a local reference; contracts hold no recursive models, so this ends."""
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root["$defs"][name], **beside}
    return schema


def _unordered(value: Any) -> Any:
    """An enum's order carries no meaning."""
    return sorted(map(str, value)) if isinstance(value, list) else value
