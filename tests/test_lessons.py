"""Lessons open, ask what can be computed, and their answers are the counts."""

import pytest

from effnet.lessons import (
    HIDEABLE,
    Question,
    answer,
    lessons,
    link,
    read,
    read_hidden,
)

STEPS = {
    f"{lesson.key} {number}": (lesson, number)
    for lesson in lessons().values()
    for number in range(1, len(lesson.steps) + 1)
}


def test_there_are_six_of_45_minutes():
    assert len(lessons()) == 6
    for lesson in lessons().values():
        assert sum(int(line.split()[0]) for line in lesson.plan) == 45


@pytest.mark.parametrize("name", STEPS)
def test_a_step_opens_hides_what_there_is_and_asks_with_one_right_answer(name):
    lesson, number = STEPS[name]
    step = lesson.steps[number - 1]
    read(step.design).spec()
    assert set(step.hide) <= set(HIDEABLE)
    found = answer(step.question)
    assert 0 <= found.right < len(found.choices) == len(set(found.choices))
    assert len(found.choices) >= 3
    start = found.choices[found.right]
    assert found.shown.startswith("Nothing" if start == "it stays the same" else start)
    assert f"lesson={lesson.key}&step={number}" in link("http://x", lesson, number)


def test_no_right_answer_is_typed_in():
    for lesson in lessons().values():
        for step in lesson.steps:
            found = answer(step.question)
            number = found.choices[found.right].split()[0]
            if number[0].isdigit() and step.question.kind in ("ratio", "share"):
                told = f"{step.say} {step.question.ask} {step.question.because}"
                assert number not in told


def test_a_ratio_is_that_of_the_counts():
    asked = Question("ratio", "How?", "", "macs", "mode=released&released=b1", "phi=0")
    found = answer(asked)
    assert found.choices[found.right] == "1.78 x"  # 0.687 G and 0.386 G, as torchvision states


def test_the_largest_is_right():
    options = ("mode=released&released=b0", "mode=released&released=b3", "phi=0.5")
    asked = Question("which", "Which?", "", "params", options=options)
    assert answer(asked).choices[answer(asked).right] == "EfficientNet-B3"


def test_an_unknown_name_to_hide_is_told():
    names, notes = read_hidden("phi,frobnicate, tabs")
    assert names == {"phi", "tabs"}
    assert len(notes) == 1
    assert "frobnicate" in notes[0]
