"""Processes that work for this one, held to limits, asked with a deadline and killed when they miss it."""
