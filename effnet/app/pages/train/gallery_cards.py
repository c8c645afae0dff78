"""The gallery on the Train page: one photo under each regularisation, a slider each."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from effnet.app.kit import cache, live, photos
from effnet.base import mark, percent, say
from effnet.figures import block_survival
from effnet.network import get_variant
from effnet.pixels import list_samples
from effnet.scaling import Range
from effnet.train import EXHIBITS

if TYPE_CHECKING:
    from torch import Tensor

SIDE = 224
MAP = 28  # px, of the feature map that DropBlock is shown on: B0's third stage at 224 px
FEATURES = (32, 40)  # B0's 1280 pooled features, laid out to be seen
DEFAULTS = {
    "randaugment": (mark("magnitude M"), 15.0, Range(0, 30, 1)),
    "mixup": (mark("share of the first photo, lambda"), 0.6, Range(0, 1, 0.05)),
    "cutmix": (mark("share of the first photo, lambda"), 0.6, Range(0, 1, 0.05)),
    "dropout": (mark("rate p"), 0.2, Range(0, 0.9, 0.05)),
    "dropblock": (mark("side of a block b (px of 28)"), 7.0, Range(1, 14, 1)),
    "stochastic depth": (mark("rate after the last block"), 0.2, Range(0, 0.8, 0.05)),
}


def _value(name: str) -> float:
    return float(st.session_state.get(f"kept_{name}", DEFAULTS[name][1]))


def _slider(name: str) -> float:
    label, _, span = DEFAULTS[name]

    def changed(value: float) -> None:
        st.session_state[f"kept_{name}"] = value

    live.slider(f"gallery_{name}", say(label), _value(name), span, on_change=changed)
    return _value(name)


def gallery() -> None:
    """Six cards: the effect, its definition, who uses it, and what is often got wrong."""
    draw = int(st.session_state.get("gallery_draw", 0))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first, second, names = _photos()
        again = say("Another draw")
        if st.button(again, key="gallery_again", help=say("New random numbers for every card")):
            st.session_state["gallery_draw"] = draw = draw + 1
    shown = {
        "randaugment": lambda: _rand_augment(first, draw),
        "mixup": lambda: _mixup(first, second, names),
        "cutmix": lambda: _cutmix(first, second, names, draw),
        "dropout": lambda: _dropout(draw),
        "dropblock": lambda: _dropblock(first, draw),
        "stochastic depth": lambda: _depth(draw),
    }
    for row in (tuple(shown)[:3], tuple(shown)[3:]):
        for column, name in zip(st.columns(3), row, strict=True):
            with column, st.container(border=True, height="stretch"):
                _card(name, shown[name])


def _card(name: str, show: "object") -> None:
    exhibit = EXHIBITS[name]
    st.markdown(f"**{say(exhibit.name)}**")
    assert callable(show)
    show()
    lines = exhibit.formula.replace(r",\quad ", r",\\ ")  # a card is narrow
    st.latex(r"\begin{gathered}" + lines + r"\end{gathered}")
    st.caption(say(exhibit.words))
    st.markdown(say("*Used:* {how}", how=say(exhibit.used)))
    st.markdown(say("*Often got wrong:* {what}", what=say(exhibit.mistake)))
    st.caption(say("Defined in {source}", source=say(exhibit.source)))


def _photos() -> tuple[Image.Image, Image.Image, tuple[str, str]]:
    """The first photo is that of all pages; with what both are called."""
    samples = {sample.name: say(sample.title) for sample in list_samples()}
    photo = photos.chosen() or cache.sample(photos.DEFAULT_PHOTO)
    two = st.selectbox(
        say("Second photo"),
        list(samples),
        format_func=lambda n: samples[n],
        key="gallery_second",
        width=300,
    )
    first = samples[photo.digest].lower() if photo.digest in samples else say("yours")
    size = (SIDE, SIDE)
    pictures = ImageOps.fit(photo.image, size), ImageOps.fit(cache.sample(two).image, size)
    return *pictures, (first, samples[two].lower())


def _tensor(image: Image.Image) -> "Tensor":
    import torch

    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _image(pixels: "Tensor") -> Image.Image:
    return Image.fromarray(pixels.clamp(0, 255).byte().permute(1, 2, 0).numpy())


def _rand_augment(photo: Image.Image, draw: int) -> None:
    import torch

    from effnet.train import rand_augment

    magnitude = _slider("randaugment")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draw)
        changed = _image(rand_augment(_tensor(photo)[None], magnitude)[0])
    words = say("Magnitude {magnitude:.0f} of 30, two operations", magnitude=magnitude)
    st.image(changed, caption=words, width="stretch", alt=words)


def _labels(share: float, names: tuple[str, str]) -> str:
    if names[0] == names[1]:
        return say("Label: {name}", name=names[0])
    return say(
        "Label: {share} {name}, {rest} {other}",
        share=percent(share),
        name=names[0],
        rest=percent(1 - share),
        other=names[1],
    )


def _mixup(first: Image.Image, second: Image.Image, names: tuple[str, str]) -> None:
    from effnet.train import mix

    share = _slider("mixup")
    mixed = _image(mix(_tensor(first).float(), _tensor(second).float(), share))
    words = _labels(share, names)
    st.image(mixed, caption=words, width="stretch", alt=words)


def _cutmix(first: Image.Image, second: Image.Image, names: tuple[str, str], draw: int) -> None:
    from effnet.train import cut_box, cut_mix

    share = _slider("cutmix")
    y, x = np.random.default_rng(draw).uniform(size=2)
    box = cut_box(SIDE, SIDE, share, (float(y), float(x)))
    mixed, real = cut_mix(_tensor(first), _tensor(second), box)
    words = _labels(real, names)
    st.image(_image(mixed), caption=words, width="stretch", alt=words)


def _dropout(draw: int) -> None:
    rate = _slider("dropout")
    kept = np.random.default_rng(draw).random(FEATURES) >= rate
    values = np.random.default_rng(3).uniform(0.35, 1.0, FEATURES)
    cells = (values * kept * 255).astype(np.uint8)
    words = say("{gone} of {all} features left out (black)", gone=int((~kept).sum()), all=kept.size)
    drawn = Image.fromarray(cells).resize((SIDE, SIDE), Image.Resampling.NEAREST)
    st.image(drawn, caption=words, width="stretch", alt=words)


def _dropblock(photo: Image.Image, draw: int) -> None:
    import torch

    from effnet.train import block_mask, seed_rate

    block = round(_slider("dropblock"))
    generator = torch.Generator().manual_seed(draw)
    mask = block_mask(MAP, block, 0.8, generator=generator)
    grey = np.asarray(photo.convert("L").resize((MAP, MAP)), np.float32)
    shown = Image.fromarray((grey * mask.numpy()).astype(np.uint8)).resize(
        (SIDE, SIDE), Image.Resampling.NEAREST
    )
    words = say(
        "A map of {side} x {side}: {gone} of it is set to zero, the aim is 20 %; gamma = "
        "{gamma:.4f}",
        side=MAP,
        gone=percent(1 - float(mask.mean())),
        gamma=seed_rate(MAP, block, 0.8),
    )
    st.image(shown, caption=words, width="stretch", alt=words)


def _depth(draw: int) -> None:
    from effnet.train import survivals

    rate = _slider("stochastic depth")
    blocks = survivals(get_variant("b0"), rate=rate)
    chance = np.random.default_rng(draw).random(len(blocks))
    alive = [bool(c >= block.drop_rate) for c, block in zip(chance, blocks, strict=True)]
    drawn = block_survival(blocks, alive)
    words = say("B0's blocks: chance of being left out, and this draw")
    live.figure("survival", drawn, alt=words)
