"""A pack from the network: one file over HTTP or HTTPS, bounded, nothing else.

No credentials are sent, and only these two schemes are opened, redirections included.
"""

import urllib.error
import urllib.request
from hashlib import sha256
from pathlib import Path
from typing import Final

from harness.errors import HarnessError
from harness.text import plain, say

LARGEST: Final = 512 * 1024 * 1024
PATIENCE: Final = 60.0  # seconds without a byte
_PIECE: Final = 1024 * 1024


def is_url(text: str) -> bool:
    """It is meant as an address, not as a path."""
    return "://" in text


def fetch(url: str, into: Path) -> str:
    """Save what is there; its SHA-256. Raises HarnessError."""
    if not url.lower().startswith(("http://", "https://")):
        raise HarnessError(say("pack.scheme", url=url))
    opener = urllib.request.build_opener(_Redirect)
    request = urllib.request.Request(url, headers={"User-Agent": "telerad"})  # noqa: S310  checked
    total, size = sha256(), 0
    try:
        with opener.open(request, timeout=PATIENCE) as found, into.open("wb") as file:
            while piece := found.read(_PIECE):
                size += len(piece)
                if size > LARGEST:
                    raise HarnessError(say("pack.too_large", limit=LARGEST), file=url)
                total.update(piece)
                file.write(piece)
    except urllib.error.HTTPError as wrong:
        raise HarnessError(
            say("pack.http", status=wrong.code, reason=wrong.reason), file=url
        ) from None
    except (OSError, ValueError) as wrong:
        reason = plain(str(getattr(wrong, "reason", wrong)))
        hint = say("pack.offline")
        raise HarnessError(say("pack.no_network", reason=reason), file=url, hint=hint) from None
    return total.hexdigest()


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Follows to the same two schemes only."""

    def redirect_request(self, *args: object, **words: object) -> urllib.request.Request | None:
        found = super().redirect_request(*args, **words)  # type: ignore[arg-type]  # as it is given
        if found and not found.full_url.lower().startswith(("http://", "https://")):
            raise ValueError(found.full_url)
        return found
