"""The cards of the Papers page."""
