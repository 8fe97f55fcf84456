"""The English words that carry a claim's truth: what is left out must not hold them, or stand under them."""

from __future__ import annotations

import re

__all__ = ["BOUNDED", "CONDITIONS", "DENIES", "ONCE", "protected"]

_PROTECTED = re.compile(
    r"""(?ix)\b(?:
    # negation, and verbs that deny
    not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|hardly|barely|scarcely|rarely|seldom|lack\w*
    |fail(?:s|ed|ing)?|failures?\ (?:to|of)|den(?:y|ies|ied|ying|ial)|refus\w+|reject\w*|dismiss\w*|disput\w+|doubt\w*
    |contradict\w*|unable|false\w*
    # modals and hedges
    |may|might|could|would|should|can|must|shall|will|ought|possib\w+|probab\w+|likely|unlikely|alleg\w+|reported(?:ly)?
    |suspect\w*|accus\w+|apparent\w*|seem\w*|appear\w*|believ\w+|thought|think\w*|expect\w*|perhaps|maybe|potential\w*
    |presum\w+|purport\w*|suppos\w+|unconfirmed|unverified|rumou?r\w*|estimat\w+|uncertain|unclear
    |charge[ds]?|convict\w*|acquit\w*|plead\w*|pled
    # who says so
    |say|says|said|saying|tell|tells|told|telling|accord\w*|add(?:s|ed|ing)|announc\w+|claim\w*|stat(?:es|ed|ing)
    |report(?:s|ing)?|wr(?:ote|ites?|iting|itten)|argu\w+|insist\w*|warn\w*|confirm\w*|not(?:es|ed|ing)|explain\w*
    |testif\w+|tweet\w*|acknowledg\w+|admit\w*|conced\w+|suggest\w*|urg\w+|quot\w+|cit(?:es|ed|ing)|reveal\w*
    |declar\w+|assert\w*|maintain\w*|contend\w*|indicat\w+|vow\w*|promis\w+|pledg\w+|predict\w*|repl(?:y|ies|ied|ying)
    |complain\w*|remark\w*|comment\w*
    # quantity and what qualifies it
    |least|most|more|less|fewer|few|up\ to|nearly|almost|approximately|roughly|some|any|all
    |(?:over|under|above|below|about|around)\ (?:[$£€]?\d|one|two|three|four|five|six|seven|eight|nine|ten|twenty|a)
    |every\w*|each|both|several|many|half|majority|minority|dozens?|exactly|maximum|minimum|as\ (?:many|much|few|little)
    # what limits the claim
    |only|just|solely|alone|merely|exclusively|except\w*|apart|unless|until|till|if|whether|provided|depend\w*
    |despite|although|though|however|instead|rather|but|contrary|pending|once
    )\b|n[’']t\b
    """
)
"""Words no cut may hold. Longer than it need be: a bullet a few words longer does no harm."""

CONDITIONS = frozenset({"if", "unless", "until", "till", "whether", "once", "except", "without", "lest", "provided"})
DENIES = re.compile(
    r"(?i)(?:not|n[’']t|no|never|none|nobody|nothing|neither|nor|hardly|barely|without|only|just|cannot|"
    r"den(?:y|ies|ied|ying)|refus\w+|reject\w*|dismiss\w*|fail\w*|disput\w+|doubt\w*|unlikely|rarely|seldom|few)\b"
)
BOUNDED = re.compile(r"(?i)(?:all|every\w*|each|most|any|only|first|last|second|third|half|no|none|few|fewer)\b")
"""What is true of all, most, or the first "in Spain" or "on Monday" need not be true without that."""

ONCE = re.compile(
    r"(?i)\b(?:1[89]|20)\d\d\b|\bago\b|\b(?:last|next|previous|following|coming|same|years?|decades?|century)\b"
)
"""A time that is not about now: without it an old event would be read as today's."""


def protected(text: str) -> bool:
    """Whether the text holds what must never be left out.

    >>> protected("at least 20 people"), protected("his failure to pay"), protected("Tuesday's failure")
    (True, True, False)
    """
    return _PROTECTED.search(text) is not None
