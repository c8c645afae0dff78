"""The Streamlit app's controls, state and frame; the only room that imports Streamlit."""
