"""Networks in PyTorch, built from the same walk that the counter reads, and their weights."""
