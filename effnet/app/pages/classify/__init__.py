"""The cards of the Classify page."""
