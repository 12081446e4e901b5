"""What search engines are asked to leave alone (RFC 9309): what costs the service more than it tells them."""

from minshu.http.downloads import BY_SUFFIX


def robots_text(prefix: str) -> str:
    """`robots.txt` for a service whose addresses begin with `prefix`.

    What describes data may be read: the catalogue, datasets, versions, descriptors and documents. The longest rule that
    fits decides, so that the style sheet stays open, with which engines see the pages as people do.
    """
    files = (f"/datasets/*/versions/*.{suffix}$" for suffix in (*BY_SUFFIX, "duckdb", "zip"))
    closed = ("/sql", "/metrics", "/datasets/*/rows", "/*?", *files)
    open_ = ("/static/*?", "/datasets/*/datapackage.json$")
    rules = [*(f"Disallow: {prefix}{path}" for path in closed), *(f"Allow: {prefix}{path}" for path in open_)]
    return "\n".join(["User-agent: *", *rules, ""])
