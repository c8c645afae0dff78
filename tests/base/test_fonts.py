"""One list of fonts: app, figures, reports and site draw Chinese with the same ones."""

import tomllib
from pathlib import Path

import effnet
from effnet import figures
from effnet.base import colours
from effnet.web import source

ROOT = Path(effnet.__file__).parents[1]


def test_every_part_names_the_same_fonts():
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    assert config["theme"]["font"] == colours.FONTS
    report = (ROOT / "effnet/report/templates/report.html").read_text("utf-8")
    for style in (report, source("site.css"), source("explorer.css")):
        assert colours.FONTS in " ".join(style.split())
    drawn = figures.network_drawing(effnet.get_variant("b0"))
    assert drawn.layout.template.layout.font.family == colours.FONTS


def test_each_system_has_a_font_for_chinese_in_the_list():
    macos, windows, debian = "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC"
    assert all(f"'{name}'" in colours.FONTS for name in (macos, windows, debian))
    assert "'WenQuanYi Micro Hei'" in colours.FONTS  # fonts-wqy-microhei, as the README says
