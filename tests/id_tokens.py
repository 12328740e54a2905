"""Makes ID tokens as Firebase's Auth emulator does, without a signature: claims are all that differs."""

import base64
import json
from datetime import datetime
from typing import Any

PROJECT = "demo-gwi"
LASTS_SECONDS = 3600


def claims_of(user_id: str, issued_at: datetime, **changes: object) -> dict[str, Any]:
    """Return the claims of somebody who signed in at that instant."""
    issued = int(issued_at.timestamp())
    return {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "sub": user_id,
        "user_id": user_id,
        "auth_time": issued,
        "iat": issued,
        "exp": issued + LASTS_SECONDS,
        **changes,
    }


def unsigned(claims: object, header: object = None) -> str:
    """A token that only an emulator believes."""
    return f"{_part(header or {'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
