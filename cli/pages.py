"""Pages for people, written to files."""

from pathlib import Path

from panka.cli.exits import Misused
from panka.cli.session import Session

STDOUT = "-"


def write_page(session: Session, page: str, said: str, name: str) -> None:
    """Writes a page where it was `said`, else under a name of its own, and says where. Raises Misused."""
    if said == STDOUT:
        session.screen.show(page.rstrip("\n"))
        return
    path = Path(said or name)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror}.") from error
    session.screen.tell(f"Report: {path}")
