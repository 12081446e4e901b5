"""What search engines are asked to leave alone (RFC 9309): what costs the service more than it tells them."""

from minshu.http.downloads import BY_SUFFIX
from minshu.reports import Language


def robots_text(prefix: str, sitemap: str) -> str:
    """`robots.txt` for a service whose addresses begin with `prefix`, and whose sitemap stands at an address.

    What describes data may be read: the catalogue, datasets, versions, descriptors and documents. The longest rule that
    fits decides, so that the style sheet stays open, with which engines see the pages as people do.
    """
    files = (f"/datasets/*/versions/*.{suffix}$" for suffix in (*BY_SUFFIX, "duckdb", "zip"))
    closed = ("/sql", "/metrics", "/datasets/*/rows", "/datasets/*/chart", "/*?", *files)
    open_ = ("/static/*?", "/datasets/*/datapackage.json$", "/datasets/*/versions/*/croissant.json$")
    # A page may stand below its language as well.
    below = (prefix, *(f"{prefix}/{language}" for language in Language))
    rules = [f"Disallow: {base}{path}" for base in below for path in closed]
    rules += [f"Allow: {base}{path}" for base in below for path in open_]
    return "\n".join(["User-agent: *", *rules, "", f"Sitemap: {sitemap}", ""])
