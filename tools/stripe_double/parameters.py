"""Owns reading parameters: Stripe's form encoding, and the rules by which values are accepted or refused."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tools.stripe_double.refusals import invalid, missing_parameter, unknown_parameter

Params = dict[str, Any]
Reader = Callable[[str, Any], Any]

_LARGEST = 2**53


class Schema:
    """The parameters of one object: what is known, how each is read, which are required."""

    def __init__(self, readers: Mapping[str, Reader], required: tuple[str, ...] = ()) -> None:
        self.readers = dict(readers)
        self.required = required

    def __call__(self, path: str, value: Any) -> Params:
        """Read the mapping at `path` (empty for the request itself)."""
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=path)
        for name in value:
            if name not in self.readers:
                raise unknown_parameter(_joined(path, name))
        for name in self.required:
            if name not in value:
                raise missing_parameter(_joined(path, name))
        return {name: self.readers[name](_joined(path, name), given) for name, given in value.items()}


def decode(encoded: str) -> Params:
    """Return `a[b][0]=c` as nested mappings, with list positions still as keys."""
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, errors="strict", max_num_fields=1_000)
    except ValueError:
        raise invalid("Invalid request body: not a UTF-8 form of at most 1,000 fields.") from None
    decoded: Params = {}
    for key, value in pairs:
        _put(decoded, key.replace("]", "").split("["), key, value)
    return decoded


def _put(into: Params, steps: list[str], key: str, value: str) -> None:
    for step in steps[:-1]:
        into = into.setdefault(step or str(len(into)), {})
        if not isinstance(into, dict):
            raise invalid(f"Invalid parameter: {key} is given both as a value and as an object", param=key)
    into[steps[-1] or str(len(into))] = value


def _joined(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def text(path: str, value: Any) -> str:
    """Read a non-empty string."""
    if not isinstance(value, str):
        raise invalid("Invalid string: it must be a single value", param=path)
    if value == "":
        message = (
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a"
            f" parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or"
            " supply a non-empty value."
        )
        raise invalid(message, param=path, code="parameter_invalid_empty")
    return value


def web_address(path: str, value: Any) -> str:
    """Read an address that a browser can be sent to."""
    given = text(path, value)
    if "://" not in given:
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid(message, param=path, code="url_invalid")
    try:
        parts = urlsplit(given)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web or any(character.isspace() for character in given) or len(given) > 2_048:
        raise invalid("Not a valid URL", param=path, code="url_invalid")
    return given


def flag(path: str, value: Any) -> bool:
    """Read `true` or `false`."""
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value}", param=path)
    return bool(value == "true")


def integer(path: str, value: Any) -> int:
    """Read a whole number."""
    given = text(path, value)
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 16 or int(digits) > _LARGEST:
        raise invalid(f"Invalid integer: {value}", param=path, code="parameter_invalid_integer")
    return int(given)


def count(low: int, high: int = _LARGEST) -> Reader:
    """Return a reader of whole numbers from `low` to `high`, both included."""

    def read(path: str, value: Any) -> int:
        number = integer(path, value)
        if not low <= number <= high:
            message = f"This value must be between {low} and {high} (it currently is {number})."
            raise invalid(message, param=path, code="parameter_invalid_integer")
        return number

    return read


def one_of(*choices: str) -> Reader:
    """Return a reader of an enumeration."""

    def read(path: str, value: Any) -> str:
        if value not in choices:
            raise invalid(f"Invalid {path}: must be one of {', '.join(choices)}", param=path)
        return str(value)

    return read


def clearable(reader: Reader) -> Reader:
    """Return a reader for which an empty string is None."""
    return lambda path, value: None if value == "" else reader(path, value)


def each(reader: Reader, most: int = 100) -> Reader:
    """Return a reader of lists, whose positions come as keys."""

    def read(path: str, value: Any) -> list[Any]:
        if not isinstance(value, dict) or not all(_is_position(key) for key in value):
            raise invalid("Invalid array", param=path)
        if len(value) > most:
            raise invalid(f"Array exceeds the maximum of {most} elements", param=path)
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [reader(f"{path}[{key}]", given) for key, given in ordered]

    return read


def metadata(path: str, value: Any) -> dict[str, str]:
    """Read up to 50 short strings by name."""
    if not isinstance(value, dict) or not all(isinstance(given, str) for given in value.values()):
        raise invalid("Metadata must be a hash of strings", param=path)
    if len(value) > 50:
        raise invalid("Metadata can have up to 50 keys", param=path)
    for name, given in value.items():
        if len(name) > 40 or len(given) > 500:
            message = f"Metadata keys can have 40 and values 500 characters: {name[:60]!r} has more"
            raise invalid(message, param=_joined(path, name))
    return value


def _is_position(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) < 7


EXPAND: dict[str, Reader] = {"expand": each(text, most=20)}
INSTANT: Reader = count(0, 2**33)
PAGING: dict[str, Reader] = {
    **EXPAND,
    "limit": count(1, 100),
    "starting_after": text,
}
RETRIEVE = Schema(EXPAND)
