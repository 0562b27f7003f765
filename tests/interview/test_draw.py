"""What is drawn: fills the time, spreads over the sections, and comes back to what was weak."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from course.interview.draw import BLANK, FLOOR, draw, topics, weights
from course.interview.journal import Answer, Journal
from course.interview.templates import TEMPLATES
from course.paths import CourseError


def past(shares, attempted=True, finished="2026-07-01T10:00:00+00:00"):
    """An interview in which each topic of `shares` was asked three times."""
    answers = [Answer(f"{topic}-{i}", topic, 4 * share, 4, attempted, []) for topic, share in shares.items() for i in range(3)]
    return Journal("x", 1, 30, "2026-07-01T09:00:00+00:00", "", [], "", finished, [], answers)


def first_topics(history, n=3000):
    """How often each topic is the only one drawn into a short interview."""
    rng = np.random.default_rng(0)
    return Counter(draw(rng, 4, past=history)[0].topic for _ in range(n))


def test_a_draw_fills_the_time_with_different_questions_in_order():
    rng = np.random.default_rng(0)
    for minutes in (4, 15, 30, 60, 120):
        plan = draw(rng, minutes)
        assert minutes - 3 <= sum(asked.minutes for asked in plan) <= minutes
        assert len({asked.id for asked in plan}) == len(plan)
        assert [asked.topic for asked in plan] == sorted(asked.topic for asked in plan)


def test_half_an_hour_covers_many_sections():
    rng = np.random.default_rng(1)
    assert np.mean([len({asked.topic for asked in draw(rng, 30)}) for _ in range(200)]) > 4


def test_only_the_topics_asked_for():
    plan = draw(np.random.default_rng(0), 45, ["05-sql", "01-statistics"])
    assert {asked.topic for asked in plan} == {"05-sql", "01-statistics"}
    with pytest.raises(CourseError, match="no questions on '10-nothing'; there is 01-statistics"):
        draw(np.random.default_rng(0), 45, ["10-nothing"])
    with pytest.raises(CourseError, match="too few for a question"):
        draw(np.random.default_rng(0), 2)


def test_without_a_past_all_topics_weigh_the_same():
    assert len(set(weights([]).values())) == 1
    assert len(set(weights([past({"05-sql": 0.0}, finished="")]).values())) == 1


def test_weights_follow_what_was_lost():
    found = weights([past({"05-sql": 0.0, "04-causal": 1.0, "03-llms": 0.5})])
    assert found["05-sql"] == pytest.approx(FLOOR + 4 / 5) and found["04-causal"] == pytest.approx(FLOOR + 1 / 5)
    assert found["03-llms"] == pytest.approx(FLOOR + 0.5) == pytest.approx(found["06-monitoring"])
    blank = weights([past({"05-sql": 0.0}, attempted=False)])
    assert blank["05-sql"] == pytest.approx(FLOOR + (1 + 3 * BLANK) / (2 + 3 * BLANK))


def test_the_latest_interview_tells_most():
    better, worse = past({"05-sql": 1.0}), past({"05-sql": 0.0})
    assert weights([worse, better])["05-sql"] < weights([better, worse])["05-sql"]


def test_weak_topics_come_back_more_often():
    """Frequencies of 3000 seeded draws: the weak topic about five times as often as the strong one, the rest in between."""
    weak, strong = "05-sql", "02-machine-learning"
    history = [past({topic: 0.0 if topic == weak else 1.0 for topic in (weak, strong)})] * 3
    expected = {topic: value for topic, value in weights(history).items() if any(t.topic == topic and t.minutes <= 4 for t in TEMPLATES.values())}
    counts, total = first_topics(history), sum(expected.values())
    for topic, weight in expected.items():
        share = weight / total
        assert abs(counts[topic] / 3000 - share) < 5 * np.sqrt(share * (1 - share) / 3000)
    assert counts[weak] > 2 * counts[strong]


def test_a_question_answered_well_is_asked_less():
    done = [asked for asked in TEMPLATES.values() if asked.topic == "07-communication"]
    history = [
        Journal("x", 1, 30, "1", "", [], "", "2", [], [Answer(done[0].id, done[0].topic, 4, 4, True, []), Answer(done[1].id, done[1].topic, 0, 4, True, [])])
    ]
    rng = np.random.default_rng(0)
    counts = Counter(draw(rng, done[0].minutes + 2, ["07-communication"], history)[0].id for _ in range(1500))
    assert counts[done[0].id] < 0.6 * counts[done[1].id]


def test_all_sections_are_drawn():
    rng = np.random.default_rng(2)
    assert {asked.topic for _ in range(40) for asked in draw(rng, 30)} == set(topics())
