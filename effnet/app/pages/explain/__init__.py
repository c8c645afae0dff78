"""The cards of the Explain page."""
