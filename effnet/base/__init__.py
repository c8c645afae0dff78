"""What every room stands on; no room's subject."""
