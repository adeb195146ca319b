"""Who a request comes from: a signed cookie, and the mark that every form carries.

The cookie is HttpOnly and SameSite=Strict, and given anew whenever somebody comes in, so that no
one can be made to use a session that another knows. Leaving ends all of a person's cookies.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeTimedSerializer

from harness.show.board.store.codes import Secret

NAME: Final = "telerad"
LANGUAGE: Final = "telerad-lang"
LASTS: Final = 7 * 24 * 3600  # seconds; a connectathon is a week at most
FIELD: Final = "mark"  # of a form


@dataclass(frozen=True, slots=True)
class Session:
    """What a cookie says. `person` is 0 for nobody yet; `host`: may make rooms."""

    nonce: str
    person: int = 0
    epoch: int = 0
    host: str = ""


class Cookies:
    """Makes and reads the cookies of one board."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._signer = URLSafeTimedSerializer(secret.key, salt="telerad-session")

    def new(self, person: int = 0, epoch: int = 0, host: str = "") -> Session:
        """A session that nobody has seen."""
        return Session(secrets.token_urlsafe(18), person, epoch, host)

    def write(self, session: Session) -> str:
        """The cookie of a session."""
        parts = [session.nonce, session.person, session.epoch, session.host]
        return str(self._signer.dumps(parts))

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; None for one that we did not write, or too long ago."""
        try:
            parts: Any = self._signer.loads(cookie, max_age=LASTS)
            nonce, person, epoch, host = parts
            return Session(str(nonce), int(person), int(epoch), str(host))
        except (BadSignature, ValueError, TypeError):
            return None

    def mark(self, session: Session) -> str:
        """What the forms of a session carry."""
        return self._secret.mark("form", session.nonce)

    def marked(self, session: Session, found: str) -> bool:
        """A form comes from a page of ours, made for this session."""
        return hmac.compare_digest(self.mark(session).encode(), found.encode("utf-8", "replace"))
