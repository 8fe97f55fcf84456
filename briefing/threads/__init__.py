"""A story over days: what its next chapter has that was not told yet, and what of the earlier ones no longer holds."""

from briefing.threads.corrections import correction_note, corrections, readable, refers
from briefing.threads.news import known_line, stale

__all__ = ["correction_note", "corrections", "known_line", "readable", "refers", "stale"]
