"""One trial per person."""

import unicodedata
from hashlib import sha256


def person_of(email: str) -> str:
    """Return the id by which a person's trial is remembered: a hash of the address in lower case, without its `+tag`.

    Mail to `ann+2@example.com` arrives at `ann@example.com`, so both are one person. So are addresses that only look
    alike: unlike an invitation, a trial is refused to one mailbox too many rather than given to it.
    """
    name, _, domain = unicodedata.normalize("NFKC", email.strip()).casefold().rpartition("@")
    untagged = name.partition("+")[0] or name
    return sha256(f"{untagged}@{domain}".encode()).hexdigest()
