"""The what-if and take-away cards under AppTest: edits, messages, undo, reset, downloads."""

import json

import pytest
from streamlit.testing.v1 import AppTest
from visits import PATIENCE, explorer, report

import effnet
from effnet.scaling import to_block_strings

B0 = ",".join(to_block_strings(effnet.get_variant("b0")))
LITE0_PARAMS = "4.65 M"  # B0 without squeeze-and-excitation


def page() -> None:
    """A page with the two cards, as Scale shows them in its tabs."""
    import streamlit as st

    from effnet.app.kit import cache, explorer, state
    from effnet.app.pages.scale import take_away, what_if
    from effnet.base import EffnetError
    from effnet.report import claims

    state.start()
    try:
        design = explorer.controls()
        spec = design.spec()
        cost = cache.counted_cost(spec)
        st.subheader(claims.design_claim(design, spec, cost))
        if st.toggle("What if", value=True):
            what_if.what_if(design, spec, cost)
        take_away.take_away(design, spec, cost)
    except EffnetError as error:
        st.error(str(error))


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=PATIENCE)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def checked(app: AppTest) -> AppTest:
    assert [error.message for error in app.exception] == []
    return app


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def edit(app: AppTest, **changes) -> AppTest:
    """Change the table as the browser does: all changes since it was filled, in one message."""
    assert app._tree is not None
    widgets = app._tree.get_widget_states()
    table = widgets.widgets.add()
    table.id, table.string_value = app.data_editor[0].proto.id, json.dumps(changes)
    return checked(app._run(widgets))


def released(name: str = "b0") -> AppTest:
    return checked(opened(mode="released", released=name))


def test_the_table_shows_the_networks_stages():
    table = released().data_editor[0].value
    assert list(table["channels"]) == [16, 24, 40, 80, 112, 192, 320]
    assert list(table["kernel"]) == [3, 3, 5, 3, 5, 5, 3]
    assert set(table["operator"]) == {"MBConv"}


def test_a_swap_makes_the_design_ones_own():
    app = released()
    button(app, "No squeeze-and-excitation").click().run()
    assert checked(app).subheader[0].value.startswith("Your own network has 4.65 M parameters")
    assert app.metric[0].value == LITE0_PARAMS
    assert app.metric[0].delta == "0.880 x, -0.637 M"
    assert app.query_params["mode"] == "edited"
    assert app.query_params["blocks"] == B0.replace("_se0.25", "")
    assert button(app, "No squeeze-and-excitation").disabled
    assert list(app.data_editor[0].value["se_ratio"]) == [0] * 7


def test_a_changed_cell_changes_the_network():
    app = edit(released(), edited_rows={1: {"channels": 40, "kernel": 5}})
    assert "stage 2 differs" in app.subheader[0].value
    assert "r2_k5_s2_e6_i16_o40_se0.25,r2_k5_s2_e6_i40_o40" in app.query_params["blocks"]
    app = edit(app, edited_rows={1: {"channels": 40, "kernel": 5}, 2: {"kernel": 3}})
    assert "stages 2 and 3 differ" in app.subheader[0].value


def test_rows_are_added_and_deleted():
    app = edit(released(), added_rows=[{}])
    assert "8 stages instead of the 7" in app.subheader[0].value
    assert list(app.data_editor[0].value["stage"]) == list(range(1, 9))
    app = edit(app, deleted_rows=[0, 7])
    assert list(app.data_editor[0].value["channels"]) == [24, 40, 80, 112, 192, 320]


@pytest.mark.parametrize(
    ("cells", "words"),
    [({"channels": 0}, "channels 0"), ({"channels": None}, "empty"), ({"kernel": 4}, "kernel 4")],
    ids=str,
)
def test_a_bad_cell_is_named_and_the_network_stays(cells, words):
    good = {0: {"channels": 24}}
    app = edit(released(), edited_rows=good)
    mine = app.query_params["blocks"]
    app = edit(app, edited_rows={**good, 1: cells})
    assert words in app.error[0].value
    assert app.query_params["blocks"] == mine
    app = edit(app, edited_rows={**good, 1: {"channels": 32}})
    assert not app.error
    assert "_o32_" in app.query_params["blocks"]


def test_undo_goes_back_one_edit_and_reset_all_the_way():
    app = released("b4")
    button(app, "No squeeze-and-excitation").click().run()
    button(app, "All 3x3 kernels").click().run()
    button(app, "Undo").click().run()
    assert set(app.data_editor[0].value["kernel"]) == {3, 5}
    assert set(app.data_editor[0].value["se_ratio"]) == {0}
    button(app, "Reset").click().run()
    assert checked(app).subheader[0].value.startswith("EfficientNet-B4 has 19.3 M")
    assert app.query_params == {"mode": "released", "released": "b4"}


def test_a_link_brings_an_edit():
    app = checked(opened(mode="edited", origin="b4", blocks=B0, own_resolution="200"))
    assert "200 px" in app.subheader[0].value
    assert "B4" in app.subheader[0].value
    assert list(app.data_editor[0].value["channels"])[-1] == 320


def test_block_strings_that_are_typed_become_the_network():
    app = released()
    app.text_area(key="block_strings").set_value(
        B0.replace("s2", "s22").replace("_se0.25", "")
    ).run()
    assert checked(app).metric[0].value == LITE0_PARAMS
    assert app.text_area(key="block_strings").value == B0.replace("_se0.25", "").replace(",", "\n")


def test_block_strings_are_shown_in_both_notations():
    app = released()
    app.button_group(key="dialect").set_value("v1").run()
    assert checked(app).text_area(key="block_strings").value.startswith("r1_k3_s11_e1_i32_o16")


def test_each_wrong_block_string_is_named_and_the_network_stays():
    app = released()
    app.text_area(key="block_strings").set_value("r1_k4_s1_e1_i32_o16\nr1_k3\nhello").run()
    messages = [error.value for error in checked(app).error]
    assert [message[:7] for message in messages] == ["stage 1", "stage 2", "stage 3"]
    assert app.metric[0].value == "5.29 M"
    assert app.text_area(key="block_strings").value.startswith("r1_k4")
    button(app, "All 3x3 kernels").click().run()
    assert not checked(app).error
    assert "k5" not in app.text_area(key="block_strings").value


def test_a_token_that_changes_nothing_is_named():
    app = released()
    app.text_area(key="block_strings").set_value(f"{B0}_noskip").run()
    assert any("noskip" in caption.value for caption in checked(app).caption)
    assert "noskip" not in app.text_area(key="block_strings").value


def test_stem_and_head_are_numbers_to_change():
    app = released()
    app.number_input(key="stem_channels").set_value(40).run()
    app.number_input(key="head_channels").set_value(640).run()
    assert "stem and head" in checked(app).subheader[0].value
    assert app.query_params["own_head"] == "640"
    assert app.query_params["blocks"].startswith("r1_k3_s1_e1_i40_")


def test_the_resolution_of_an_edit_is_a_dial():
    app = checked(opened(mode="edited", origin="b4"))
    assert explorer(app)["own"]["spec"]["resolution"] == 380
    report(app, own_resolution=200)
    assert "200 px" in checked(app).subheader[0].value
    assert app.query_params["own_resolution"] == "200"


def test_choosing_ones_own_starts_from_the_network_in_sight():
    app = released("v2_s")
    report(app, mode="edited", origin="v2_s")
    assert "still the same as EfficientNetV2-S" in checked(app).subheader[0].value


def test_an_edit_waits_while_another_mode_is_looked_at():
    app = released()
    button(app, "All 3x3 kernels").click().run()
    mine = app.query_params["blocks"]
    report(app, mode="formula", phi=3.0)
    assert "phi = 3.00" in checked(app).subheader[0].value
    button(app, "Back to your own").click().run()
    assert app.query_params["blocks"] == mine


def test_the_table_is_filled_anew_after_it_was_hidden():
    app = released()
    app.toggle[0].set_value(False).run()
    report(app, mode="formula")
    app.toggle[0].set_value(True).run()
    assert list(checked(app).data_editor[0].value["channels"])[-1] == 352


@pytest.mark.parametrize("name", ["resnet50", "mobilenet_v1"])
def test_a_network_that_strings_can_not_say_offers_another(name):
    app = released(name)
    assert "no word for" in app.info[0].value
    button(app, "Edit EfficientNet-B0").click().run()
    assert "still the same as EfficientNet-B0" in checked(app).subheader[0].value


# --- take away ----------------------------------------------------------------------------------

FILES = ["Stages (CSV)", "Layers (CSV)", "Spec (JSON)", "Code (Python)"]
MODELS = ["ONNX", "State dict (safetensors)"]
REPORTS = ["Report (HTML)", "Report (notebook)"]


def downloads(app: AppTest) -> list[str]:
    return [one.proto.label for one in app.get("download_button")]


def test_everything_can_be_taken_away():
    app = released("b4")
    assert downloads(app) == FILES + MODELS + REPORTS
    assert app.code[0].value.endswith("/?mode=released&released=b4")
    assert any("Random weights, not trained" in caption.value for caption in app.caption)


def test_a_design_past_the_limit_has_no_model_to_take():
    app = released("l2")
    assert downloads(app) == FILES + REPORTS
    assert "too many to download" in app.info[0].value
