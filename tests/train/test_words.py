"""What stands in a run's files is read back in the reader's language."""

import json

import pytest

from effnet.base.language import Text, catalogue, in_a_row, speaking
from effnet.jobs import runs
from effnet.train import schedule

NO_DATA = Text("no data {name}; expected {known}, or a folder of pictures", name="'x'", known="a")
MISSING = Text(
    "{n} of {all} trainings {n:is|are} missing ({why}); run it again to go on, the "
    "finished ones are kept",
    n=2,
    all=27,
    why=NO_DATA,
)


@pytest.mark.parametrize("text", [NO_DATA, MISSING, Text("Fine-tuned on {names}", names="a, b")])
def test_a_text_comes_back_from_a_file_in_any_language(text):
    kept = Text.from_dict(json.loads(json.dumps(text.as_dict())))
    english = str(text)
    assert str(kept) == english
    with speaking("zh"):
        assert str(kept) == str(text) != english


def test_the_reason_within_a_text_is_looked_up_too():
    with speaking("zh"):
        assert str(NO_DATA) in str(MISSING)
        assert "没有数据" in str(NO_DATA)


@pytest.mark.parametrize("kept", ["", "Segmentation fault", "(?P<odd>", "{n}", 5, None, ["x"]])
def test_what_is_no_record_of_a_text_is_shown_as_it_is(kept):
    with speaking("zh"):
        assert str(Text.from_dict(kept)) == str(kept)


def test_a_run_that_breaks_off_says_why_in_the_readers_language(tmp_path):
    run = runs.Run(tmp_path, "train", Text("Quick"), {}, 0.0)
    (tmp_path / runs.LOG).write_text("effnet: no data 'x'")
    assert run.last_words() == "effnet: no data 'x'"
    (tmp_path / runs.FAILURE).write_text(json.dumps(NO_DATA.as_dict()))
    with speaking("zh"):
        assert run.last_words() == str(NO_DATA)


def test_titles_are_told_again_and_files_stay_english(tmp_path):
    run = runs.Run(tmp_path, "train", Text("One network"), {}, 0.0)
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
