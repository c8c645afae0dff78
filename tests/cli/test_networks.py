"""Wherever a network is named, a name, a link, a JSON file and a `.safetensors` file will do."""

import json

import pytest

import effnet
from effnet.base import EffnetError
from effnet.cli import networks
from effnet.cli.main import main

PHI_1 = 992_629_472  # multiply-adds of B0 at phi 1: torchvision's own count of that network


@pytest.fixture
def named(tmp_path, capsys):
    """The network at phi 1 in every way that it can be named."""
    spec = effnet.compound_scale(1)
    bare, exported = tmp_path / "bare.json", tmp_path / "exported.json"
    bare.write_text(json.dumps(spec.to_dict()))
    assert main(["export", "?phi=1", str(exported)]) == 0
    weights = tmp_path / "own.safetensors"
    assert main(["export", "?phi=1", str(weights)]) == 0
    capsys.readouterr()
    return ["?phi=1", "http://localhost:8501/?phi=1", str(bare), str(exported), str(weights)]


def test_every_command_reads_every_way(named, capsys, tmp_path):
    for text in named:
        for command in (
            ["count", text],
            ["compare", text, "b0"],
            ["scale", text],
            ["export", text, str(tmp_path / "layers.csv")],
        ):
            assert main([*command, "--json"]) == 0
            told = json.loads(capsys.readouterr().out)
            if command[0] != "export":
                assert (told[0] if command[0] == "compare" else told)["macs"] == PHI_1


def test_standard_input_is_a_networks_json(capsys, monkeypatch, tmp_path):
    file = tmp_path / "v2.json"
    assert main(["export", "v2_s", str(file)]) == 0
    with file.open() as given:
        monkeypatch.setattr("sys.stdin", given)
        assert main(["count", "-", "--csv"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[-9].startswith("stage,")


def test_the_same_networks_are_timed_by_any_name(named, capsys):
    options = ["--seconds", "0.05", "--resolution", "32", "--threads", "1", "--json"]
    assert main(["bench", named[0], named[2], "lite0", *options]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == ["b0 d1.2 w1.1 r258", "lite0"]


def test_a_photo_is_classified_by_a_file_of_weights(named, capsys, tmp_path):
    own = tmp_path / "lite.safetensors"
    assert main(["export", "lite0", str(own), "--weights", "default"]) == 0
    capsys.readouterr()
    assert main(["classify", "coffee", "--model", str(own), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "espresso"
    assert main(["classify", "coffee", "--model", named[0], "--weights", named[4], "--json"]) == 0


@pytest.mark.parametrize("text", ["b4", "lite1", "?mode=free&base=v2_s&depth=1.2&resolution=256"])
def test_a_design_comes_back_from_its_json(text, tmp_path):
    file = tmp_path / "design.json"
    file.write_text(json.dumps(networks.spec(text).to_dict()))
    assert networks.design(str(file)).spec() == networks.spec(text)


def test_a_network_that_no_link_can_say_is_told(tmp_path):
    file = tmp_path / "odd.json"
    file.write_text(json.dumps(effnet.get_variant("tf_efficientnet_b0").to_dict()))
    with pytest.raises(EffnetError, match="no link can say"):
        networks.design(str(file))
