"""The cards of the Latency page."""
