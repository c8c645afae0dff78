"""The only room with Streamlit: `kit` is what all pages share, `pages` has a folder for each."""
