"""Every hostile submission gets what its functions deserve, in time, and harms nothing."""

import pytest

from tests.hostile.cases import CASES
from tests.hostile.harness import disagreements, run
from tests.hostile.world import World


@pytest.fixture(scope="module")
def world(built):
    world = World(built)
    yield world
    world.close()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_hostile_submission(case, world):
    found = disagreements(case, run(case, world))
    assert not found, f"{case.does}:\n" + "\n".join(found)


def test_there_are_no_two_cases_of_one_name():
    assert len({case.id for case in CASES}) == len(CASES) >= 50
