"""The HTTP service: the catalogue, downloads, rows, SQL and pages, as docs/http.md describes them."""
