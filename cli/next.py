"""The command to type next."""

from panka.cli.session import Session


def command(session: Session, *words: str) -> str:
    """A command with the flags that make it mean the same tenant, environment and session as this one."""
    settings = session.settings
    flags = ["--local"] if settings.origins.get("local") == "--local" and settings.local else []
    for flag, value in (("-t/--tenant", settings.tenant), ("-e/--env", settings.environment)):
        if flag in (settings.origins.get("tenant"), settings.origins.get("environment")) and value:
            flags += [flag[:2], value]
    return " ".join(("panka", *words, *flags))
