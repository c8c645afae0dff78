"""The cards of the Scale page."""
