"""What activities/providers/provider.py promises, asked of every provider at real endpoints."""

from dataclasses import replace
from typing import ClassVar

import pytest
from tests.activities.conformance.case import Case
from tests.activities.conformance.stage import FORCED, THEIRS, staged

from panka.activities.aws.errors import NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import Observed, Ready, is_ours, tag_map
from panka.planner.owner import Owner
from plugins.faults import Faults


class Conformance:
    """The suite, for the cases of one area: a subclass named `Test…` in a test file of its own names them."""

    cases: ClassVar[tuple[Case, ...]]

    async def test_what_is_absent_is_neither_found_nor_read(self, case: Case, cloud: Cloud) -> None:
        stage = await staged(case, cloud)
        properties = stage.properties()

        assert await stage.provider.find(stage.owner, properties) is None

        id = await stage.apply(properties)
        await stage.remove(id)
        assert await stage.provider.read(id) is None
        assert await stage.provider.gone(id) == Ready()
        assert await stage.provider.find(stage.owner, properties) is None

    async def test_two_creates_with_one_token_make_one(self, case: Case, cloud: Cloud) -> None:
        stage = await staged(case, cloud)

        first = await stage.provider.create(stage.owner, stage.properties(), stage.token)
        second = await stage.provider.create(stage.owner, stage.properties(), stage.token)

        assert first == second
        assert await stage.provider.find(stage.owner, stage.properties()) == first

    async def test_a_create_reads_back_without_drift(self, case: Case, cloud: Cloud) -> None:
        stage = await staged(case, cloud)

        id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
        await stage.ready(id)

        live = await stage.live(id)
        assert stage.drift(stage.properties(), live) == []
        assert await stage.provider.read_new(id, stage.properties()) == live

    async def test_what_is_made_carries_every_tag_of_its_owner(self, case: Case, cloud: Cloud) -> None:
        if not case.tagged:
            pytest.skip("The type takes no tags: it is ours when its parent is.")
        stage = await staged(case, cloud)

        id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

        tags = (await stage.live(id)).properties[stage.tags]
        assert is_ours(stage.owner, tags if isinstance(tags, dict) else tag_map(tags))

    async def test_a_create_converges_whichever_reply_is_lost(self, case: Case, cloud: Cloud, faults: Faults) -> None:
        rehearsal = await staged(case, cloud)
        faults.reset()
        id = await rehearsal.apply(rehearsal.properties())
        changes = len(faults.mutations)
        await rehearsal.remove(id)

        for lost in range(1, changes + 1):
            stage = rehearsal.again()
            faults.reset()
            faults.lose = lost
            id = await stage.apply(stage.properties())

            assert len(faults.mutations) >= lost
            assert await stage.provider.find(stage.owner, stage.properties()) == id
            assert stage.drift(stage.properties(), await stage.live(id)) == []
            await stage.remove(id)
            assert await stage.provider.find(stage.owner, stage.properties()) is None, "There was a second one."

    async def test_what_a_stranger_made_is_refused_and_left_alone(self, case: Case, cloud: Cloud) -> None:
        if not case.unique:
            pytest.skip("Names of this type are not taken: a stranger's is never met.")
        theirs = await staged(case, cloud, THEIRS)
        id = await theirs.apply(theirs.properties())
        before = await theirs.live(id)
        us = Owner(scope=theirs.owner.scope.model_copy(update={"tenant": "acme"}), address="thing:main", generation=1)
        wanted = theirs.properties(owner=us)

        with pytest.raises(NotOurs):
            await theirs.provider.find(us, wanted)
        with pytest.raises(NotOurs):
            await theirs.provider.create(us, wanted, us.token(1))

        assert await theirs.live(id) == before

    async def test_what_was_made_by_hand_is_refused_and_left_alone(self, case: Case, cloud: Cloud) -> None:
        if not case.unique or not case.tagged:
            pytest.skip("Nothing of this type can be met without tags.")
        stage = await staged(case, cloud)
        id = await stage.apply(stage.properties())
        tagged = await stage.live(id)
        untagged = {name: value for name, value in tagged.properties.items() if name != stage.tags}
        await stage.provider.update(id, tagged.properties, untagged)
        await stage.ready(id)
        before = await stage.live(id)

        with pytest.raises(NotOurs):
            await stage.provider.find(stage.owner, stage.properties())
        with pytest.raises(NotOurs):
            await stage.provider.create(stage.owner, stage.properties(), stage.token)

        assert await stage.live(id) == before

    async def test_two_generations_are_kept_apart(self, case: Case, cloud: Cloud) -> None:
        if not case.tagged:
            pytest.skip("The type takes no tags: what is made again of it takes the old one's place.")
        if case.alone:
            pytest.skip("Old and new cannot be there at once: its replacement deletes first, or changes what clashes.")
        old = await staged(case, cloud)
        new = replace(old.again(), owner=replace(old.owner, generation=2))

        first = await old.apply(old.properties())
        second = await new.apply(new.properties())

        assert first != second
        assert await old.provider.find(old.owner, old.properties()) == first
        assert await new.provider.find(new.owner, new.properties()) == second
        await old.remove(first)
        assert await new.provider.find(new.owner, new.properties()) == second

    async def test_an_update_to_the_same_changes_nothing(self, case: Case, cloud: Cloud, faults: Faults) -> None:
        stage = await staged(case, cloud)
        id = await stage.apply(stage.properties())
        live = (await stage.live(id)).properties
        faults.reset()

        await stage.provider.update(id, live, live)
        await stage.provider.update(id, live, stage.properties())

        assert faults.mutations == []

    async def test_every_update_reads_back_and_can_be_taken_back(self, case: Case, cloud: Cloud) -> None:
        stage = await staged(case, cloud)
        id = await stage.apply(stage.properties())
        first = await stage.live(id)

        for count in range(1, len(case.updates) + 1):
            wanted = stage.properties(*case.updates[:count])
            before = await stage.live(id)
            await stage.change(id, wanted)
            after = await stage.live(id)
            assert stage.drift(wanted, after) == []
            assert [name for name in stage.taken_away(count) if _stayed(name, before, after)] == []

        await stage.change(id, first.properties)
        assert stage.drift(first.properties, await stage.live(id)) == []

    async def test_an_update_converges_whichever_reply_is_lost(self, case: Case, cloud: Cloud, faults: Faults) -> None:
        if not case.updates:
            pytest.skip("The type has nothing to update.")
        rehearsal = await staged(case, cloud)
        id = await rehearsal.apply(rehearsal.properties())
        faults.reset()
        await rehearsal.apply(rehearsal.properties(*case.updates))
        changes = len(faults.mutations)
        await rehearsal.remove(id)

        for lost in range(1, changes + 1):
            stage = rehearsal.again()
            wanted = stage.properties(*case.updates)
            id = await stage.apply(stage.properties())
            faults.reset()
            faults.lose = lost
            assert await stage.apply(wanted) == id
            assert len(faults.mutations) >= lost
            assert stage.drift(wanted, await stage.live(id)) == []
            await stage.remove(id)

    async def test_a_delete_can_be_repeated(self, case: Case, cloud: Cloud) -> None:
        stage = await staged(case, cloud)
        id = await stage.apply(stage.properties())

        await stage.remove(id)
        await stage.provider.delete(id, FORCED)

        assert await stage.provider.read(id) is None

    async def test_a_delete_converges_whichever_reply_is_lost(self, case: Case, cloud: Cloud, faults: Faults) -> None:
        rehearsal = await staged(case, cloud)
        id = await rehearsal.apply(rehearsal.properties())
        faults.reset()
        await rehearsal.remove(id)
        changes = len(faults.mutations)
        assert changes >= 1

        for lost in range(1, changes + 1):
            stage = rehearsal.again()
            id = await stage.apply(stage.properties())
            faults.reset()
            faults.lose = lost
            await stage.remove(id)
            assert len(faults.mutations) >= lost
            assert await stage.provider.read(id) is None


def _stayed(name: str, before: Observed, after: Observed) -> bool:
    was = before.properties.get(name)
    return bool(was) and after.properties.get(name) == was
