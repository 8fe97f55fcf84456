"""The only way out to the network for what strangers publish, and to files of news on this machine."""

from briefing.fetch.client import Fetcher, Limits, Response
from briefing.fetch.files import local_path, read_file
from briefing.fetch.manners import origin_of, shown

__all__ = ["Fetcher", "Limits", "Response", "local_path", "origin_of", "read_file", "shown"]
