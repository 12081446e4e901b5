"""Minshu (闽数): data packages validated, released immutably, and served for download and query."""
