"""Choosing a photo and a network: the same controls on Classify and Explain."""

import streamlit as st

from effnet.checkpoints import known_checkpoints, offline_variants
from effnet.preprocess import EXTENSIONS, MAX_BYTES
from effnet.samples import get_sample, list_samples
from effnet.spec import EffnetError
from effnet.train import runs
from effnet.ui import cache, state
from effnet.ui.cache import Photo
from effnet.variants import display_name

DEFAULT_PHOTO = "coffee"
DEFAULT_NETWORK = "lite0"


def photo() -> Photo:
    """The photo that the visitor chose."""
    samples = {sample.name: sample for sample in list_samples()}
    uploaded = st.file_uploader(
        "Your photo",
        type=list(EXTENSIONS),
        key="upload",
        max_upload_size=MAX_BYTES >> 20,
        help="Stays in this machine's memory; nothing is written to disk",
    )
    if not samples and uploaded is None:
        raise EffnetError("no sample photos are installed here; upload one")
    chosen = st.pills(
        "or a sample",
        list(samples),
        format_func=lambda name: samples[name].title,
        default=state.remembered(state.PHOTO, DEFAULT_PHOTO),
        key="sample",
        disabled=uploaded is not None,
        required=True,
        wrap=True,
    )
    if uploaded is not None:
        return cache.photo(uploaded.name, uploaded.getvalue())
    sample = get_sample(chosen or DEFAULT_PHOTO)
    state.remember(state.PHOTO, sample.name)
    st.caption(f"{sample.title}: {sample.credit}, {sample.licence}")
    return cache.sample(sample.name)


def network() -> str:
    """The pretrained network that the visitor chose among those on this machine."""
    here = offline_variants()
    if not here:
        raise EffnetError(
            "no pretrained weights are on this machine; install the packages in requirements.txt, "
            "or run: python -m effnet weights download b0"
        )
    remembered = state.remembered(state.NETWORK, DEFAULT_NETWORK)
    accuracy = {row.variant: row.top1 for row in reversed(known_checkpoints())}
    own = runs.trained()
    options = [*here, *own]

    def shown(name: str) -> str:
        if name in own:
            return f"Trained here: {own[name]} ({name})"
        return f"{display_name(name)} (top-1 {accuracy[name]:g} %)"

    chosen = st.selectbox(
        "Network",
        options,
        index=options.index(remembered) if remembered in options else 0,
        format_func=shown,
        key="network",
        help="ImageNet accuracy as published for these weights",
    )
    state.remember(state.NETWORK, chosen)
    missing = list(dict.fromkeys(r.variant for r in known_checkpoints() if r.variant not in here))
    if missing:
        st.caption(
            f"Works now: {', '.join(map(display_name, here))}. For another one, once, with a "
            f"network: `python -m effnet weights download {missing[0]}`"
        )
    return chosen
