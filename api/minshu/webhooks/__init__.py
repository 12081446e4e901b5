"""Telling others of releases: each entry of the log that is about one is posted once, signed, and tried again."""
