"""When stacks are looked at of themselves, in words."""

import pytest

from panka.cli.schedules import Rhythm


@pytest.mark.parametrize(
    ("rhythm", "words"),
    [
        (Rhythm(every=21_600), "every 6h"),
        (Rhythm(every=5400), "every 90m"),
        (Rhythm(every=45), "every 45s"),
        (Rhythm(cron="0 6 * * 1-5"), "cron 0 6 * * 1-5"),
    ],
)
def test_a_rhythm_reads_as_it_was_given(rhythm: Rhythm, words: str) -> None:
    assert str(rhythm) == words
