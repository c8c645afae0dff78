"""The cards of the Cost page."""
