"""Owns the part of JSON Schema 2020-12 that the OpenAPI document uses: whether a value fits a schema."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from operator import ge, gt, le
from typing import Any

Schema = Mapping[str, Any]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {"minimum": ge, "exclusiveMinimum": gt, "maximum": le}
_FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": lambda text: datetime.fromisoformat(text).tzinfo is not None,
    "uri-reference": lambda text: " " not in text,
    "uri": lambda text: ":" in text,
    "email": lambda text: "@" in text,
    "date": lambda text: date.fromisoformat(text).isoformat() == text,
}
_ELSEWHERE = {
    "type",
    "title",
    "description",
    "default",
    "properties",
    "patternProperties",
    "oneOf",
    "discriminator",
    "required",
    "additionalProperties",
    "items",
    "examples",
    "contentEncoding",
}


class SchemaChecker:
    """Says where a value does not fit; a keyword it does not know fails rather than passes."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions

    def misfits(self, value: Any, schema: Schema, place: str = "$") -> list[str]:
        """Every place at which `value` does not fit `schema`."""
        if "$ref" in schema:
            return self.misfits(value, self._definitions[schema["$ref"].rpartition("/")[2]], place)
        if "anyOf" in schema:
            fits = any(not self.misfits(value, option, place) for option in schema["anyOf"])
            return [] if fits else [f"{place}: {value!r} fits none of {schema['anyOf']}"]
        if "oneOf" in schema:
            fitting = sum(not self.misfits(value, option, place) for option in schema["oneOf"])
            if fitting != 1:
                return [f"{place}: {value!r} fits {fitting} of {schema['oneOf']}"]
        if "type" in schema and not _TYPES[schema["type"]](value):
            return [f"{place}: {value!r} is no {schema['type']}"]
        found = [
            f"{place}: {value!r} breaks {name}" for name in schema if not self._keeps(value, schema, name)
        ]
        return found + self._inside(value, schema, place)

    def _keeps(self, value: Any, schema: Schema, name: str) -> bool:
        rule = schema[name]
        match name:
            case "enum":
                return value in rule
            case "const":
                return bool(value == rule)
            case "minimum" | "exclusiveMinimum" | "maximum":
                return _BOUNDS[name](value, rule)
            case "minLength" | "maxLength":
                return bool(len(value) >= rule if name == "minLength" else len(value) <= rule)
            case "pattern":
                return re.search(rule, value) is not None
            case "minItems" | "maxItems":
                return bool(len(value) >= rule if name == "minItems" else len(value) <= rule)
            case "maxProperties":
                return bool(len(value) <= rule)
            case "propertyNames":
                return all(re.search(rule["pattern"], each) for each in value)
            case "format":
                return rule in _FORMATS and _FORMATS[rule](value)
        return name in _ELSEWHERE

    def _inside(self, value: Any, schema: Schema, place: str) -> list[str]:
        if isinstance(value, list) and "items" in schema:
            items = [self.misfits(item, schema["items"], f"{place}[{i}]") for i, item in enumerate(value)]
            return [misfit for item in items for misfit in item]
        return self._members(value, schema, place) if isinstance(value, dict) else []

    def _members(self, value: dict[str, Any], schema: Schema, place: str) -> list[str]:
        named, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        found = [f"{place}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, member in value.items():
            patterns = schema.get("patternProperties", {}).items()
            rule = named.get(name) or next(
                (found for each, found in patterns if re.search(each, name)), others
            )
            if rule is False or (named and name not in named and others == {}):
                found.append(f"{place}.{name} is not in the schema")
            elif isinstance(rule, dict):
                found += self.misfits(member, rule, f"{place}.{name}")
        return found
