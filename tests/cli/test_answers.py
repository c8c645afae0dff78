"""Comparing, searching, the papers' tables, exports, and pictures in every form."""

import json

import pytest
import torch
import torchvision
from PIL import Image

import effnet
from effnet.cli.main import main
from effnet.pixels import get_sample


def told(capsys, *arguments, code=0):
    assert main([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_networks_are_held_to_the_first(capsys):
    rows = told(capsys, "compare", "b0", "b1", "?phi=1")
    assert [row["name"] for row in rows][:2] == ["EfficientNet-B0", "EfficientNet-B1"]
    assert [row["params"] for row in rows][:2] == [5_288_548, 7_794_184]  # torchvision's
    assert rows[2]["macs_ratio"] == pytest.approx(992_629_472 / 385_814_752)


def test_a_search_keeps_within_its_budget_and_its_choice_can_be_scaled(capsys):
    rows = told(capsys, "search", "--macs", "1e9", "--params", "9.2e6")
    (best,) = (row for row in rows if row["choice"])
    assert best["macs"] <= 1e9
    assert best["params"] <= 9.2e6
    again = told(capsys, "scale", "b0", "--depth", str(best["depth"]), "--width",
                 str(best["width"]), "--resolution", str(best["resolution"]))  # fmt: skip
    assert again["macs"] == best["macs"]
    assert told(capsys, "count", best["link"])["macs"] == best["macs"]


def test_all_that_fit_and_the_published_ones(capsys):
    front = told(capsys, "search", "--macs", "1e9")
    assert len(told(capsys, "search", "--macs", "1e9", "--all")) > 100 > len(front)
    names = {row["name"] for row in told(capsys, "search", "--macs", "1e9", "--published")}
    assert {"b0", "b1", "mobilenet_v2"} <= names
    assert not {"b3", "resnet50"} & names  # 1.8 and 4.1 G as Table 2 prints


def test_step_one_has_the_papers_choice(capsys):
    rows = told(capsys, "search", "--coefficients")
    (chosen,) = (row for row in rows if row["published"])
    assert (chosen["alpha"], chosen["beta"], chosen["gamma"]) == (1.2, 1.1, 1.15)


def test_a_table_stands_beside_ours(capsys):
    rows = told(capsys, "papers", "v1-table-2")
    assert rows[0]["row"] == "EfficientNet-B0"
    assert rows[0]["parameters, printed (M)"] == 5.3
    assert rows[0]["parameters, computed (M)"] == pytest.approx(5.288548)
    assert main(["papers", "v1-table-2"]) == 0
    beside = capsys.readouterr()
    assert "parameters, printed | computed (M)" in beside.out
    assert "arXiv:1905.11946v5 Table 2" in beside.err


def test_all_tables_are_listed(capsys):
    rows = told(capsys, "papers")
    assert {"v1-table-1", "v2-table-7", "lite-family"} <= {row["table"] for row in rows}


# --- exports ----------------------------------------------------------------------------------


def test_a_state_dict_fits_torchvision(tmp_path):
    file = tmp_path / "b0.pth"
    assert main(["export", "b0", str(file)]) == 0
    network = torchvision.models.efficientnet_b0()
    network.load_state_dict(torch.load(file, weights_only=True), strict=True)


def test_an_onnx_file_answers_as_the_network_does(tmp_path):
    import onnxruntime

    file = tmp_path / "lite0.onnx"
    assert (
        main(["export", "lite0", str(file), "--weights", "default", "--dynamic", "N", "H", "W"])
        == 0
    )
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    classifier = effnet.load("lite0")
    image = classifier.transform()(get_sample("coffee").path)[None]
    (logits,) = session.run(None, {"image": image.numpy()})
    assert logits.argmax() == 967  # espresso


def test_a_program_makes_the_design_again(tmp_path, capsys):
    file = tmp_path / "b1.py"
    assert main(["export", "b1", str(file)]) == 0
    capsys.readouterr()
    exec(compile(file.read_text(), str(file), "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.startswith("7,794,184 parameters")


def test_random_weights_say_so(tmp_path, capsys):
    assert main(["export", "b0", str(tmp_path / "b0.safetensors")]) == 0
    assert "random weights, not trained" in capsys.readouterr().err


# --- pictures ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder of two photos, a text beside them, and one that is no photo."""
    for name in ("coffee", "chelsea"):
        Image.open(get_sample(name).path).convert("RGB").save(tmp_path / f"{name}.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG of nothing")
    return tmp_path


def test_an_unreadable_photo_does_not_lose_the_others(capsys, folder):
    assert main(["classify", str(folder), "--top", "1", "--json"]) == 1
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert [row["name"] for row in rows] == ["Egyptian cat", "espresso"]
    assert said.err.count("\n") == 1
    assert "broken.png" in said.err


def test_a_quoted_glob_and_standard_input(capsys, folder, monkeypatch):
    rows = told(capsys, "classify", str(folder / "*.jpg"), "--top", "1")
    assert len(rows) == 2
    with (folder / "coffee.jpg").open("rb") as photo:

        class Input:
            buffer = photo

        monkeypatch.setattr("sys.stdin", Input)
        (row,) = told(capsys, "classify", "-", "--top", "1")
    assert (row["image"], row["name"]) == ("standard input", "espresso")


def test_a_folder_in_is_a_folder_out(capsys, folder, tmp_path):
    rows = told(capsys, "explain", str(folder), str(tmp_path / "maps"), code=1)
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [
        "chelsea.png",
        "coffee.png",
    ]
    assert {row["label"] for row in rows} == {"Egyptian cat", "espresso"}


def test_addresses_are_not_fetched():
    with pytest.raises(effnet.EffnetError, match="addresses are not fetched"):
        effnet.load("lite0").predict("https://example.org/cat.jpg")
