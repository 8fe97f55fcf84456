"""Told stories, followed over the days: their articles looked at again, their ids kept, their corrections found."""

from briefing.following.recheck import recheck
from briefing.following.resume import LASTING, corrected, lasting, with_news

__all__ = ["LASTING", "corrected", "lasting", "recheck", "with_news"]
