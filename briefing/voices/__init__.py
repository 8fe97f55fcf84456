"""Several outlets on one event: told as one, with who says what, and where they disagree. Found by rule, asks no model
for anything but how near two sentences are in meaning.
"""

from briefing.voices.align import Aligner
from briefing.voices.differ import disagreements
from briefing.voices.revise import Revision, is_correction, outdated, revisions
from briefing.voices.unite import united, voices_of

__all__ = ["Aligner", "Revision", "disagreements", "is_correction", "outdated", "revisions", "united", "voices_of"]
