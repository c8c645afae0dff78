"""Columns of tables whose numbers are written as text, with their units."""

from typing import Any

import streamlit as st


def right(*titles: str) -> dict[str, Any]:
    """A table's columns whose texts are numbers: they stand at the right, as numbers do."""
    return {title: st.column_config.TextColumn(alignment="right") for title in titles}
