"""Lessons open, ask what can be computed, and their answers are the counts."""

import pytest
import torch
import torchvision

from effnet.app.kit import state
from effnet.base import EffnetError
from effnet.base.language import speaking
from effnet.base.units import factor
from effnet.counting import formulas
from effnet.counting.cost import count
from effnet.report import claims
from effnet.report.lesson_answers import answer, value
from effnet.report.lessons import (
    HIDEABLE,
    LANGUAGE,
    Question,
    lessons,
    link,
    read,
    read_hidden,
)
from effnet.scaling.design import Design

STEPS = {
    f"{lesson.key} {number}": (lesson, number)
    for lesson in lessons().values()
    for number in range(1, len(lesson.steps) + 1)
}


def test_there_are_nine_of_45_minutes():
    assert len(lessons()) == 9
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
            if number[0].isdigit() and step.question.kind in ("ratio", "share", "saved", "cells"):
                told = f"{step.say} {step.question.ask} {step.question.because}"
                assert number not in told


SHOWN = ("params", "macs", "activations", "resolution", "blocks")  # totals beside the base's


def opening_words(step):
    """What a step's page says before anything is touched: its claim, and its totals' factors."""
    design = read(step.design)
    spec, base = design.spec(), design.base_spec
    if step.page == "pages/cost.py":
        return claims.cost_claim(design.title, formulas.items(spec, "macs"), "macs")
    own, others = count(spec), count(base)
    told = [claims.design_claim(design, spec, own)]
    if design != Design(mode="released", released=base.name):
        told += [factor(getattr(own, name) / getattr(others, name)) for name in SHOWN[:3]]
        told += [factor(getattr(spec, name) / getattr(base, name)) for name in SHOWN[3:]]
    return " ".join(told)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_does_not_open_with_its_answer(name):
    lesson, number = STEPS[name]
    step = lesson.steps[number - 1]
    if step.page in ("app.py", "pages/cost.py") and step.question.kind != "which":
        found = answer(step.question)
        assert found.choices[found.right] not in opening_words(step)


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


def last(key: str) -> Question:
    return lessons()[key].steps[-1].question


def test_lessons_ask_on_the_pages_where_a_network_runs():
    pages = {step.page for lesson in lessons().values() for step in lesson.steps}
    assert pages >= {"pages/latency.py", "pages/explain.py", "pages/train.py"}


def test_the_fastest_is_the_papers():
    found = answer(last("families"))
    assert found.choices[found.right] == "EfficientNetV2-B0"
    # arXiv:2104.00298v3 Table 11, images a second on a V100
    per_second = {"EfficientNet-B1": 2675, "EfficientNetV2-B0": 5739, "EfficientNetV2-B1": 3983}
    for name, images in per_second.items():
        assert f"{name} ({1000 / images:.3f} ms)" in found.shown


def test_the_map_is_as_large_as_torchvisions():
    found = answer(last("one-dimension"))
    with torch.device("meta"):  # B0 has the strides of Lite0
        network = torchvision.models.efficientnet_b0(weights=None).eval()
        high, wide = network.features(torch.zeros(1, 3, 448, 448)).shape[-2:]
    assert found.choices[found.right] == f"{high} x {wide}" == "14 x 14"
    assert "196 places, 32 px apart" in found.shown


def test_what_growing_pictures_save_is_about_the_squares_of_their_sizes():
    found = answer(last("budget"))
    sizes = [128 + (300 - 128) * stage / 3 for stage in range(4)]  # Algorithm 1
    squares = sum((size / 300) ** 2 for size in sizes) / 4
    assert float(found.choices[found.right].split()[0]) == pytest.approx(
        100 * (1 - squares), abs=0.5
    )
    assert found.shown.endswith("it trains at 128, 185, 243, 300 px.")


def test_multiply_adds_a_byte_are_those_of_torchvisions_modules():
    with torch.device("meta"):
        network = torchvision.models.resnet50(weights=None).eval()
        image = torch.zeros(1, 3, 224, 224)
    macs = moved = 0

    def seen(module, given, out):
        nonlocal macs, moved
        read = given[0].numel() + sum(p.numel() for p in module.parameters())
        if isinstance(module, torch.nn.BatchNorm2d):
            read += 2 * module.num_features
        if isinstance(module, torch.nn.MaxPool2d):
            read += 2 * out.numel()  # the maxima's places, 8 bytes each
        if isinstance(module, torch.nn.Conv2d):
            macs += module.weight.numel() * out.shape[-1] * out.shape[-2]
        if isinstance(module, torch.nn.Linear):
            macs += module.weight.numel()
        moved += 4 * (read + out.numel())

    def added(module, given, out):
        nonlocal moved
        moved += 4 * 3 * out.numel()

    for module in network.modules():
        if isinstance(module, torchvision.models.resnet.Bottleneck):
            module.register_forward_hook(added)
        elif not list(module.children()):
            module.register_forward_hook(seen)
    network(image)
    found = answer(last("where-it-goes"))
    assert found.choices[found.right] == "ResNet-50"
    assert value("mode=released&released=resnet50", "intensity") == pytest.approx(
        macs / moved, rel=1e-3
    )


def test_a_step_says_the_schedule_that_it_opens_with():
    network, schedule = lessons()["budget"].steps[-1].schedule()
    assert (network, schedule.stages, schedule.size) == ("v2_s", 1, (128, 300))
    assert lessons()["budget"].steps[0].schedule() is None


def test_an_unknown_schedule_is_told():
    with pytest.raises(EffnetError, match="no published schedule 'V9'"):
        answer(Question("saved", "What?", "", preset="V9"))


def test_a_link_says_its_language_where_it_is_not_english():
    lesson = lessons()["budget"]
    assert "lang" not in link("http://x", lesson)
    assert link("http://x/", lesson, 4, language="zh").startswith("http://x/train?lesson=budget")
    assert link("http://x", lesson, language="zh").endswith("&lang=zh")
    assert LANGUAGE == state.LANGUAGE


def test_answers_are_in_the_readers_language():
    question = last("budget")
    english = answer(question)
    with speaking("zh"):
        chinese = answer(question)
    assert chinese.choices[chinese.right] == english.choices[english.right]
    assert "训练" in chinese.shown
    assert answer(question) == english


QUESTIONS = {name: lesson.steps[number - 1].question for name, (lesson, number) in STEPS.items()}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_wrong_choice_is_a_misconception_that_says_what_it_mistakes(name):
    question = QUESTIONS[name]
    found = answer(question)
    if question.kind in ("which", "released", "faster", "stage", "printed"):
        assert question.wrong == ()  # the other networks, stages or rows
        return
    assert len(question.wrong) == len(found.choices) - 1 == 3
    assert [bool(why) for why in found.why] == [n != found.right for n in range(4)]
    assert list(found.values) == sorted(found.values)


def choices(name):
    return answer(QUESTIONS[name]).choices


def test_the_misconceptions_that_everybody_has_are_among_the_choices():
    assert {"1.92 x", "2.00 x"} <= set(choices("one-step 1"))  # the promise, and the doubling
    assert "128 x" in choices("names 3")  # seven doublings


def test_every_way_to_answer_is_asked_for():
    assert {question.entry for question in QUESTIONS.values()} == {
        *("choice", "number", "bar", "stage")
    }


@pytest.mark.parametrize(
    ("given", "means"), [(97.8, "97.8 x"), (100, "97.8 x"), (128, "128 x"), (50, None)]
)
def test_a_typed_number_means_the_choice_within_a_tenth(given, means):
    found = answer(QUESTIONS["names 3"])
    place = found.nearest(given)
    assert (None if place is None else found.choices[place]) == means


def test_a_dragged_bar_is_right_within_four_points():
    found = answer(QUESTIONS["where-it-goes 2"])  # 0.637 M of 5.29 M
    assert found.nearest(12) == found.nearest(15) == found.right
    assert found.nearest(35) is None


def test_accuracy_at_equal_cost_is_that_of_the_papers_tables():
    assert choices("does-it-pay 1")[answer(QUESTIONS["does-it-pay 1"]).right] == "compound scale"
    assert answer(QUESTIONS["does-it-pay 2"]).shown.startswith("2 points: 81.1 % against 79.1 %")
    assert answer(QUESTIONS["does-it-pay 3"]).shown.startswith("0.7 points: 78.8 % against 78.1 %")


def test_a_place_of_the_last_map_sees_more_than_the_photo():
    assert answer(QUESTIONS["believe-a-map 2"]).shown == "851 px, in a picture of 224 px."


def test_chances_are_powers():
    assert choices("believe-a-map 3")[0] == "1.6 %"  # 1 in 64
    assert choices("measure-honestly 1")[1] == "6.2 %"  # 2 in 32
    assert "0.8 %" in answer(QUESTIONS["measure-honestly 2"]).shown  # 2 in 256


def test_between_two_ticks_of_alpha_a_stage_can_gain_a_block():
    assert value("phi=1&alpha=1.25", "blocks") == 23
    assert value("phi=1&alpha=1.26", "blocks") == 24


def test_resnet_50_has_more_weights_in_its_1x1_layers_than_in_full_3x3():
    network = torchvision.models.resnet50()
    sizes = {1: 0, 3: 0}
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and module.kernel_size[0] in sizes:
            sizes[module.kernel_size[0]] += module.weight.numel()
    assert sizes[1] > sizes[3]
    said = QUESTIONS["families 1"].because
    assert "1x1 convolutions hold more of its weights" in said
