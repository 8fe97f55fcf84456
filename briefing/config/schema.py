"""The JSON Schema of the configuration, for editors. `python -m briefing.config.schema` writes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from briefing.config.models import Config

SCHEMA_FILE = Path(__file__).with_name("config.schema.json")


def schema_text() -> str:
    """The schema as it must stand in the package, as JSON text."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        if not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text(encoding="utf-8") != schema_text():
            sys.exit(f"{SCHEMA_FILE.name} differs from the code; run python -m briefing.config.schema")
    else:
        SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
