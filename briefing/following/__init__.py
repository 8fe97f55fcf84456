"""Told stories, followed over the days: their articles looked at again, their ids kept, their corrections found."""

from briefing.following.recheck import recheck
from briefing.following.resume import LASTING, corrected, lasting, resumed, with_news

__all__ = ["LASTING", "corrected", "lasting", "recheck", "resumed", "with_news"]
