"""Words and phrases by which is told what of a sentence may be left out: times, occasions, verbs by what they need."""

from __future__ import annotations

import re

__all__ = [
    "ADVERB",
    "OCCASION",
    "PLACES",
    "SPEAKER",
    "SPOKE",
    "STATE",
    "STAYING",
    "SUBORDINATE",
    "SURROUNDINGS",
    "TIME",
    "TOLD",
    "URGING",
]

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tonight|yesterday"
TIME = re.compile(
    rf"(?i)(?:(?:on|late|early|earlier|later)\s+)*(?:this\s+)?(?:{_DAY}"
    r"|(?<=this )(?:week|month|morning|afternoon|evening|weekend))(?:\s+(?:morning|afternoon|evening|night))?"
)
OCCASION = re.compile(
    r"(?i)(?:in|at|during|via|on|through)\s+(?:an?|the|his|her|their|its)\s+(?:\w+\s+){0,3}?"
    r"(?:interview|statement|speech|address|press release|release|conference|briefing|post|message|letter|email|e-mail"
    r"|ceremony|event|hearing|meeting|call|appearance|rally|tweet|video|article|editorial|column|memo|report|filing"
    r"|affidavit|testimony|documentary|broadcast|visit|trip|tour|website|web site|blog|page|account)\b"
    r"|(?:by \w+ing|as part of|in connection with|because of|due to|thanks to|in front of|in the wake of|in response to"
    r"|in addition to|along with|together with|on behalf of|in honou?r of|as a result of|as well as|in search of"
    r"|in an? (?:bid|move|effort|attempt) to|in the (?:middle|midst|course) of|with the help of)\b"
)
ADVERB = re.compile(
    r"(?:also|recently|currently|already|later|eventually|finally|now|simply|really|actually|quickly|immediately"
    r"|famously|notably|subsequently|personally|initially|ultimately|essentially|basically|clearly|obviously|literally"
    r"|truly|certainly|specifically|particularly|especially|previously|very|quite|meanwhile|then|thus|therefore)"
)
SURROUNDINGS = frozenset({"during", "amid", "amidst", "following", "after", "ahead", "before", "alongside"})
SUBORDINATE = frozenset({"while", "as", "after", "before", "when", "because", "with", "since", "where", "so"})
PLACES = frozenset({"in", "at", "near", "outside", "across"})
TOLD = re.compile(r"(?:said|says|say|thinks?|thought|believes?|believed|hopes?|hoped|knew|knows?|announced|confirmed)")
SPEAKER = re.compile(
    r",\s+(?:according to\s[^,]+|(?:[^\s,]+\s+){1,7}?(?:said|says|reported|reports|told)(?:\s[^,]*)?)[.!]$"
)
"""Who says so, at a sentence's end."""
SPOKE = re.compile(
    r"(?:said|says|told|added|wrote|tweeted|reported|announced|confirmed|warned|claimed|explained|noted)"
)
STATE = re.compile(r"(?i)(?:was|were|been|had|felt|seemed|became|knew|stood|used)")
STAYING = re.compile(
    r"(?i)(?:is|are|was|were|be|been|being|liv\w+|resid\w+|remain\w*|stay\w*|base[ds]?|born|locat\w+|situat\w+|arriv\w+"
    r"|land\w*|put\w*|place[ds]?|happen\w*|occur\w*|tak\w+|took|root\w*|held|hold\w*|come|came|comes|hail\w*|s[ai]ts?"
    r"|rank\w*|end\w*|result\w*|speciali[sz]\w+|believ\w+|interest\w*|involv\w+|participat\w+|engag\w+|invest\w*)"
)
"""Verbs that need their place: "lives in Paris" is not "lives"."""
URGING = re.compile(
    r"(?i)(?:forc|ask|order|urg|allow|want|us|help|need|tak|took|get|got|caus|lead|led|requir|enabl|persuad|expect|call"
    r"|invit|encourag|compel|convinc|prompt|permit|teach|taught|train|instruct|request|advis|beg|choos|chose|has|have|had"
    r"|mak|made|let|lik|lov|hat|prefer|intend|consider|find|found|know|knew|see|saw|be|giv|gave)\w{0,3}"
)
"""Verbs whose object does what follows: "forced him to resign" is not "forced him"."""
