"""The page, the HTTP API and, beside them, the MCP server. They read the store and call the pipeline."""

from briefing.web.factory import create_app
from briefing.web.site import Site

__all__ = ["Site", "create_app"]
