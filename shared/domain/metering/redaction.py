"""Redacts known secrets from the free text of events: keys by their form, and values by their names."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from pydantic_core import SchemaValidator, core_schema

REDACTED: Final = "[redacted]"
_MAX_NAME_CHARS: Final = 100
_REMEMBERED_NAMES: Final = 4096

# Each form is the text with which every secret of its kind begins, and the pattern of the rest. No pattern scans a
# character more than a bounded number of times, so that no text takes longer than linear time.
_FORMS: Final[Mapping[str, str]] = {
    r"-----BEGIN ": r"[A-Z0-9 ]{1,60}-----(?:[^-]|-(?!----))*+(?:-----END [A-Z0-9 ]{1,60}-----)?",
    r"eyJ": r"(?<![\w-]eyJ)[\w-]{8,}+(?:\.[\w-]*+){2,4}",  # JWT
    r"sk-": r"(?:(?<![a-z0-9]sk-)|(?<=%[0-9a-f]{2}sk-))[\w-]{20,}",  # OpenAI, Anthropic, OpenRouter; not `task-…`
    r"[sr]k_(?:live|test)_": r"\w{10,}",  # Stripe
    r"whsec_": r"[\w+/=]{16,}",
    r"gwi_(?:platform_)?(?:live|test)_": r"\w{16,}",  # our own
    r"aiza": r"[\w-]{30,}",  # Google
    r"ya29\.": r"[\w.-]{20,}",
    r"gocspx-": r"[\w-]{20,}",
    r"gh[pousr]_": r"\w{20,}",  # GitHub
    r"github_pat_": r"\w{20,}",
    r"xox[a-z]-": r"[\w-]{10,}",  # Slack
    r"xapp-": r"[\w-]{10,}",
    r"hooks\.slack\.com/": r"(?:services|workflows)/[\w/-]{10,}",
    r"(?:akia|asia)": r"[A-Z0-9]{16}",  # AWS
    r"(?:gsk_|xai-|hf_|r8_|pplx-|glpat-|npm_)": r"[\w-]{20,}",  # Groq, xAI, Hugging Face and others
}
_WORDS: Final = (
    r"pass[_-]?w(?:or)?d|passphrase|passcode|pwd|secret|authorization|credentials?|cookie|"
    r"(?:api|access|private|secret|signing|encryption|master|account|shared|subscription|webhook|auth)[\s_.-]?key"
)
"""The words that name a secret in whatever case; `token` is not among them, as most tokens here are counted."""
_TOKENS: Final = (
    "(?:access|api|auth|bearer|bot|client|id|oauth|personal|refresh|security|session|user)[_-]?token"
)

_FORM: Final = re.compile(
    "|".join(f"{start}{rest}" for start, rest in _FORMS.items()), re.ASCII | re.IGNORECASE
)
_IN_URL: Final = re.compile(r"(://[^/\s:@]{0,256}+:)(?!\[redacted\]@)[^/\s]{1,256}(?=@)")
_ASSIGNED: Final = re.compile(
    rf"((?:(?:{_WORDS})(?:[_-]?key)?s?|{_TOKENS}|(?<![\w-])token(?=[=\"'\\]))[\"'\\]{{0,4}}\s{{0,4}}[:=]>?\s{{0,4}}"
    r"(?P<quote>[\"'\\]{1,4})?(?:(?:bearer|basic|token)\s{1,4})?)"
    r"(?!\[redacted\]|(?:bearer|basic)\s)(?(quote)[^\"'\\]{1,4096}|[^\s\"'\\,;&<>(){}\[\]|]{1,4096})",
    re.IGNORECASE,
)
_BEARER: Final = re.compile(
    r"(\bbearer\s{1,4})(?:[\w.~+/=-]{16,}|(?=[a-z._~+/=-]{0,15}\d)[\w.~+/=-]{6,})", re.ASCII | re.IGNORECASE
)
_BASIC: Final = re.compile(r"(\bbasic\s{1,4})([a-z0-9+/]{8,}+={0,2})", re.IGNORECASE)

_SECRET_NAME: Final = re.compile(
    r"(?!(?:has|is|needs|requires)_)(?:.*_)?(?:pass_?w(?:or)?d|passphrase|passcode|pwd|secret|authorization|credential|"
    r"cookie|jwt|(?:api|access|private|secret|signing|encryption|master|account|shared|subscription|webhook|auth)_?key|"
    r"(?<!eos_)(?<!bos_)(?<!pad_)(?<!sep_)(?<!cls_)(?<!mask_)(?<!unk_)(?<!stop_)(?<!page_)(?<!per_)(?<!first_)"
    r"(?<!last_)(?<!next_)(?<!input_)(?<!output_)(?<!prompt_)(?<!max_)token)"
    r"(?:_(?:value|text|hash|header|key|base64|confirmation|[0-9]+)|[0-9]+)*",
    re.ASCII,
)
_SECRET_NAMES: Final = re.compile(
    r"(?:.*_)?(?:passwords|secrets|credentials|cookies|api_?keys|access_?keys)", re.ASCII
)
_CAPITAL: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD: Final = re.compile("[^a-z0-9]+")

_SUSPICIOUS: Final = SchemaValidator(
    core_schema.str_schema(
        pattern="(?i)"
        + "|".join(
            [*_FORMS, _WORDS, "jwt", r"token\d*[\"=\\_]", r"bearer\s", r"basic\s", r"://[^/\s:@]*:[^/\s]*@"]
        ),
        regex_engine="rust-regex",
    )
).isinstance_python
"""Whether a text may contain a secret. In Rust, a look costs 2 % of what Python's `re` needs for it."""


def may_contain_secrets(json: str) -> bool:
    """Return whether JSON text, or any text in it, may contain a secret; it hardly ever does."""
    return _SUSPICIOUS(json)


def redact(metadata: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the metadata without its secrets at any depth, and how many were replaced."""
    redaction = _Redaction()
    return redaction.entries(metadata), redaction.count


def redact_text(text: str) -> str:
    """Return `text` without its secrets."""
    return _Redaction().text(text)


class _Redaction:
    """One pass through free text, which counts what it replaces."""

    def __init__(self) -> None:
        self.count = 0

    def entries(self, entries: Mapping[str, Any]) -> dict[str, Any]:
        redacted: dict[str, Any] = {}
        named = _name_in(entries)
        for name, value in entries.items():
            is_secret = is_secret_name(name) or (
                name == "value" and named is not None and is_secret_name(named)
            )
            redacted[self._free_name(name, redacted)] = (
                self._whole(value) if is_secret else self._value(value)
            )
        return redacted

    def _value(self, value: Any) -> Any:
        match value:
            case str():
                return self.text(value)
            case dict():
                return self.entries(value)
            case list():
                return [self._value(each) for each in value]
        return value

    def _whole(self, value: object) -> object:
        """Replace the value of a secret's name, whatever it is; null says that there is none."""
        if value is None or value == REDACTED:
            return value
        self.count += 1
        return REDACTED

    def _free_name(self, name: str, taken: Mapping[str, Any]) -> str:
        """Return a name without secrets. Two secrets are still two names."""
        free = redacted = self.text(name)
        number = 2
        while free in taken:
            free, number = f"{redacted} {number}", number + 1
        return free

    def text(self, text: str) -> str:
        """Return a text with each secret replaced, and what comes before it kept."""
        if not may_contain_secrets(text):
            return text
        redacted = self._replace(_FORM, text, "")
        redacted = self._replace(_IN_URL, redacted, r"\1")
        redacted = self._replace(_ASSIGNED, redacted, r"\1")
        redacted = self._replace(_BEARER, redacted, r"\1")
        return _BASIC.sub(self._basic, redacted)

    def _replace(self, pattern: re.Pattern[str], text: str, kept: str) -> str:
        redacted, count = pattern.subn(kept + REDACTED, text)
        self.count += count
        return redacted

    def _basic(self, match: re.Match[str]) -> str:
        """Replace credentials of HTTP Basic; `basic understanding` contains none."""
        try:
            is_secret = b":" in b64decode(match[2], validate=True)
        except Error:
            is_secret = False
        self.count += is_secret
        return match[1] + REDACTED if is_secret else match[0]


def is_secret_name(name: str) -> bool:
    """Return whether the values of this name are secrets: `dbPassword`, `X-Api-Key`, `token`, but no `tokens`."""
    return len(name) <= _MAX_NAME_CHARS and _names_secret(name)


@lru_cache(maxsize=_REMEMBERED_NAMES)
def _names_secret(name: str) -> bool:
    words = _NO_WORD.sub("_", _CAPITAL.sub("_", name).lower()).strip("_")
    return bool(_SECRET_NAME.fullmatch(words) or _SECRET_NAMES.fullmatch(words))


def _name_in(entries: Mapping[str, Any]) -> str | None:
    """Return the name in `{"name": "Authorization", "value": …}`, the usual form of a list of headers."""
    name = entries.get("name", entries.get("key"))
    return name if isinstance(name, str) else None
