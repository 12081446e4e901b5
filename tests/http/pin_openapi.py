"""Write the description of the interface as it is now: `make openapi`, when it was changed on purpose."""

import json
from pathlib import Path

from minshu.http.app import create_app
from minshu.http.openapi import described
from minshu.settings import Settings

if __name__ == "__main__":
    text = json.dumps(described(create_app(Settings())), ensure_ascii=False, indent=1)
    (Path(__file__).parent / "openapi.json").write_text(f"{text}\n", "utf-8")
