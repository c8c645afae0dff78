"""What every room stands on: errors, numbers, text from outside. Standard library only."""
