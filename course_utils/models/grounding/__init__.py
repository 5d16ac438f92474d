"""Notebook 08: words that point, as numbers, as text and as tokens."""
