"""One folder a page: its cards."""
