"""What `panka explain PK203` says."""

import textwrap

from panka.cli.exits import Exit, Misused
from panka.cli.views.screen import Screen
from panka.planner.diagnostics import CODES
from panka.planner.lessons import Explained, explained

WIDTH = 100


def explain_code(screen: Screen, code: str, form: str = "text") -> int:
    """Shows what a code means, with YAML that is wrong and YAML that is right. Raises Misused for an unknown one."""
    if code not in CODES:
        raise Misused(f"There is no code {code}.", "messages carry theirs in brackets")
    lesson = explained(code)
    if form == "text":
        screen.show(code_text(lesson))
    else:
        said = {"code": lesson.code, "title": lesson.title, "explanation": lesson.text}
        screen.data(form, {**said, "wrong": lesson.wrong, "right": lesson.right})
    return Exit.OK


def code_text(lesson: Explained) -> str:
    """A heading, the paragraph, and both ways to write it."""
    heading = f"{lesson.code}: {lesson.title}"
    paragraph = textwrap.fill(lesson.text, WIDTH, break_long_words=False, break_on_hyphens=False)
    shown = [
        f"{title}:\n\n{textwrap.indent(yaml, '    ').rstrip()}"
        for title, yaml in (("Wrong", lesson.wrong), ("Right", lesson.right))
        if yaml
    ]
    return "\n\n".join([heading, paragraph, *shown])
