"""The cards of the Train page."""
