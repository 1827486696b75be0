"""Finds what looks like a secret among environment variables, where it would stand in plan, state and console."""

import re
from collections.abc import Iterator

from panka.planner.diagnostics import Findings, Label, Severity
from panka.planner.language.documents import Steps
from panka.planner.language.envelopes import Entry
from panka.planner.language.reading import Data

_SECRET = re.compile(
    r"(?i)(^|_)(PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_?KEY)S?(_|$)"
)
_ABOUT = re.compile(
    r"(?i)_(ALGORITHM|ARN|BUCKET|COUNT|DAYS|ENABLED|ENDPOINT|EXPIRY|FILE|HEADER|HOST|ID|ISSUER|LENGTH|LIFETIME|LIMIT|"
    r"MINUTES|NAME|PARAMETER|PATH|PREFIX|REF|REGION|SECONDS|TABLE|TIMEOUT|TTL|TYPE|URI|URL|USER|VERSION)$"
)
"""How names end that say something about a secret, and do not hold it."""
_GIVEN_AWAY = re.compile(
    r"""(?: (?:AKIA|ASIA)[A-Z0-9]{16} | gh[pousr]_[A-Za-z0-9]{36,} | github_pat_\w{40,} | xox[abprs]-[\w-]{10,}
      | sk_live_\w{16,} | eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,} | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----
      | [a-z][a-z0-9+.-]*://[^\s:/@]+:(?!\$\{)[^\s:/@]+@ )""",
    re.VERBOSE,
)
"""What values are by their look: keys of AWS, tokens of others, private keys, URLs with a password."""
_ELSEWHERE = re.compile(r"(arn:|\{\{resolve:|/|https?://)|(true|false|[\d.]*)$")
"""How values begin, or all that they are, that only say where a secret is or how it is treated."""


def tell_exposed(data: Data, entry: Entry, findings: Findings) -> None:
    """Warns of every variable of a component whose value looks like a secret; its line is never quoted."""
    for name, value, path in _variables(data.get("environment")):
        if looks_secret(name, value):
            label = Label(entry.layers.span(("spec", "environment", *path)), "everybody could read it", secret=True)
            findings.add(
                "PK356",
                f"the variable `{name}` of {entry.title} holds what looks like a secret",
                label,
                help="keep it in Secrets Manager: panka explain Secret",
                severity=Severity.WARNING,
            )


def _variables(environment: Data) -> Iterator[tuple[str, str, Steps]]:
    """The variables with literal values: a list of `{name, value}`, or a mapping."""
    if isinstance(environment, dict):
        yield from ((name, value, (name,)) for name, value in environment.items() if isinstance(value, str))
    for number, one in enumerate(environment if isinstance(environment, list) else ()):
        match one:
            case {"name": str(name), "value": str(value)}:
                yield name, value, (number, "value")


def looks_secret(name: str, value: str) -> bool:
    """Whether a value looks like a secret, or is that of a name that does."""
    if _GIVEN_AWAY.search(value):
        return True
    return "${" not in value and bool(_SECRET.search(name)) and not _ABOUT.search(name) and not _ELSEWHERE.match(value)
