"""Who is told when the verdict on a stack changes, as people write it."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Way(Enum):
    """How somebody is told."""

    TOPIC = "SNS topic"
    BUS = "event bus"
    WEBHOOK = "webhook"
    HIDDEN_WEBHOOK = "secret with the URL of a webhook"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told: `arn:aws:sns:…`, `arn:aws:events:…:event-bus/…`, `https://…`, `{{resolve:…}}`."""

    to: str
    way: Way

    @property
    def region(self) -> str:
        """Of a topic or an event bus."""
        return self.to.split(":")[3]

    @classmethod
    def of(cls, to: str) -> "Receiver":
        """Raises ValueError, with a sentence, when it is none of these."""
        parts = to.split(":", 5)
        if len(parts) == 6 and parts[0] == "arn" and parts[2] == "sns":
            return cls(to, Way.TOPIC)
        if len(parts) == 6 and parts[0] == "arn" and parts[2] == "events" and parts[5].startswith("event-bus/"):
            return cls(to, Way.BUS)
        if to.startswith("{{resolve:secretsmanager:") and to.endswith("}}"):
            return cls(to, Way.HIDDEN_WEBHOOK)
        _check_url(to)
        return cls(to, Way.WEBHOOK)


def _check_url(to: str) -> None:
    """What is sent to a webhook, and its address, which is often all that protects it, must not be read on the way."""
    url = urlsplit(to)
    if url.scheme not in ("https", "http") or not url.hostname:
        raise ValueError(
            "A receiver is the ARN of an SNS topic or an event bus, a URL, or {{resolve:secretsmanager:NAME}}."
        )
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise ValueError(f"A webhook is called by https, and {url.hostname} would be by http.")
    if url.username or url.password:
        raise ValueError("A URL with a password belongs into a secret: {{resolve:secretsmanager:NAME}}.")
