"""A few trials with fixed seeds, in which every sort of trouble comes once; `make chaos` has many more."""

from collections.abc import AsyncIterator

import pytest

from chaos.trial import draw_trial, play, staged
from chaos.troubles import Stage

TRIALS = {
    39: ["throttling storm", "command killed", "worker's clock off by an hour"],
    43: ["Temporal server killed", "a resource refused for good"],
    87: ["worker killed", "replies lost"],
    104: ["terminated in Temporal"],
    231: ["lock table refuses"],
    277: ["state bucket refuses writes"],
    353: ["AWS endpoint down", "cancelled"],
    372: ["cancelled twice"],
}
"""Troubles by seed. They come at moments that the seed draws, in a stack that it draws."""


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One world for all trials."""
    async with staged(tmp_path_factory.mktemp("chaos"), outage=3) as one:
        yield one


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", TRIALS)
async def test_whatever_goes_wrong_one_of_each_remains_and_the_record_equals_the_cloud(seed: int, stage: Stage) -> None:
    report = await play(stage, draw_trial(seed, only=TRIALS[seed]))

    assert report.broken == "", f"{report.trial}: {report.broken}"
    assert sorted(report.struck) == sorted(TRIALS[seed]), "The trouble has to come."
