"""What stands in a run's files is read back in the reader's language."""

import pytest

from effnet.base.language import catalogue, in_a_row, say, speaking
from effnet.jobs import runs
from effnet.train import schedule
from effnet.train.run_texts import BUSY, FINE_TUNED, MISSING, NO_DATA, retold

NO_MARKS = NO_DATA.format(name="'x'", known="marks, digits")


@pytest.mark.parametrize(
    ("text", "template", "values"),
    [
        (NO_MARKS, NO_DATA, {"name": "'x'", "known": "marks, digits"}),
        (f"effnet: {NO_MARKS}", NO_DATA, {"name": "'x'", "known": "marks, digits"}),
        (BUSY.format(folder="/a/b"), BUSY, {"folder": "/a/b"}),
        (FINE_TUNED.format(names="a, b"), FINE_TUNED, {"names": "a, b"}),
    ],
)
def test_a_message_of_a_process_is_told_again(text, template, values):
    assert retold(text) == text
    with speaking("zh"):
        assert retold(text) == say(template, **values) != text


def test_the_reason_within_a_message_is_told_again_too():
    text = f"effnet: {MISSING.format(n=2, all=27, why=f'EffnetError {NO_MARKS}')}"
    with speaking("zh"):
        assert say(NO_DATA, name="'x'", known="marks, digits") in retold(text)


def test_what_nobody_knows_stays_as_it_is():
    for text in ("", "effnet: ", "Segmentation fault", "(?P<odd>"):
        with speaking("zh"):
            assert retold(text) == text


def test_titles_are_told_again_and_files_stay_english(tmp_path):
    run = runs.Run(tmp_path, "train", "One network", {}, 0.0)
    with speaking("zh"):
        assert run.title == "单个网络"
        with pytest.raises(runs.EffnetError, match="文件夹"):
            runs.open_run(tmp_path / "nowhere")
    assert run.title == run.title == "One network"


def test_every_source_and_note_of_the_published_schedules_has_a_translation():
    known = catalogue("zh")
    for preset in schedule.presets():
        assert preset.source in schedule.SOURCES
        assert preset.notes in schedule.NOTES
        assert {preset.source, preset.notes} <= set(known)


def test_words_in_a_row_have_the_languages_commas():
    assert in_a_row(["a", "b"]) == "a, b"
    with speaking("zh"):
        assert in_a_row(["a", "b"]) == "a、b"
