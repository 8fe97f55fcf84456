"""English words for planting errors: opposites with their forms, units, calendars, and how verbs are inflected."""

from __future__ import annotations

import re

__all__ = [
    "CALENDAR", "CURRENCIES", "DEGREES", "DIRECTIONS", "HEDGES", "MAGNITUDES", "NUMBER_WORDS", "OPPOSED", "SPEECH", "UNITS",
    "base", "past",
]  # fmt: skip

NUMBER_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
MAGNITUDES = {
    "hundred": ("thousand",), "thousand": ("hundred", "million"), "million": ("billion", "thousand"),
    "billion": ("million", "trillion"), "trillion": ("billion",), "hundreds": ("thousands",), "thousands": ("hundreds", "millions"),
    "millions": ("thousands", "billions"), "billions": ("millions",),
}  # fmt: skip
UNITS = {
    "miles": ("kilometers", "feet"), "kilometers": ("miles",), "feet": ("meters", "miles"), "meters": ("feet",),
    "pounds": ("tons",), "tons": ("pounds",), "kilograms": ("pounds",), "inches": ("feet",), "gallons": ("liters",),
    "minutes": ("hours", "seconds"), "hours": ("minutes", "days"), "days": ("weeks", "hours"), "weeks": ("months", "days"),
    "months": ("years", "weeks"), "years": ("months", "decades"), "percent": ("million",), "degrees": ("percent",),
}  # fmt: skip
CURRENCIES = ("dollars", "pounds", "euros", "yen", "rupees")
DEGREES = ("good", "terrible", "unfair", "ordinary", "hopeful", "careless", "generous")

_MONTHS = (
    "January", "February", "March", "April", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CALENDAR: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("weekday", re.compile(rf"\b(?:{'|'.join(_DAYS)})\b"), _DAYS),
    ("month", re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b(?! \d{{5}})"), _MONTHS),
    ("relative", re.compile(r"\b(?:last|next|this)(?= (?:week|month|year|summer|weekend|spring|autumn|winter)\b)"), ("last", "next", "this")),
    ("span", re.compile(r"(?<=\b(?:last|next|this) )(?:week|month|year)\b|(?<=\b(?:past|same) )(?:week|month|year)\b"), ("week", "month", "year")),
    ("relative", re.compile(r"\b(?:yesterday|today|tomorrow)\b"), ("yesterday", "today", "tomorrow")),
    ("part", re.compile(r"(?<=day )(?:morning|afternoon|evening|night)\b"), ("morning", "afternoon", "evening")),
    ("season", re.compile(r"(?<=\b(?:in|of) )(?:spring|summer|autumn|winter)\b"), ("spring", "summer", "autumn", "winter")),
)  # fmt: skip

SPEECH = frozenset(
    [
        "said",
        "says",
        "say",
        "told",
        "tells",
        "added",
        "adds",
        "wrote",
        "writes",
        "claimed",
        "claims",
        "argued",
        "argues",
        "insisted",
        "insists",
        "warned",
        "warns",
        "denied",
        "denies",
        "announced",
        "announces",
        "reported",
        "reports",
        "explained",
        "explains",
        "believes",
        "believed",
        "alleged",
        "alleges",
        "stated",
        "states",
        "suggested",
        "suggests",
        "acknowledged",
        "confirmed",
        "noted",
    ]
)

_REGULAR_PAIRS = """
increase decrease|raise lower|gain lose|win lose|rise fall|accept reject|approve reject|support oppose|back oppose|praise criticize
begin end|start stop|open close|arrive leave|enter leave|buy sell|strengthen weaken|improve worsen|expand shrink|save spend
succeed fail|attack defend|allow forbid|hire fire|grow shrink|remember forget|love hate|push pull|include exclude
agree disagree|climb drop|soar plunge|surge slump|jump tumble|widen narrow|speed slow|welcome condemn|lend borrow
"""
_IRREGULAR = {
    "win": ("won", "won"), "lose": ("lost", "lost"), "rise": ("rose", "risen"), "fall": ("fell", "fallen"), "begin": ("began", "begun"),
    "leave": ("left", "left"), "buy": ("bought", "bought"), "sell": ("sold", "sold"), "shrink": ("shrank", "shrunk"),
    "spend": ("spent", "spent"), "forbid": ("forbade", "forbidden"), "grow": ("grew", "grown"), "forget": ("forgot", "forgotten"),
    "speed": ("sped", "sped"), "lend": ("lent", "lent"), "go": ("went", "gone"), "come": ("came", "come"), "take": ("took", "taken"),
    "make": ("made", "made"), "get": ("got", "got"), "give": ("gave", "given"), "find": ("found", "found"), "know": ("knew", "known"),
    "see": ("saw", "seen"), "think": ("thought", "thought"), "say": ("said", "said"), "tell": ("told", "told"), "become": ("became", "become"),
    "show": ("showed", "shown"), "feel": ("felt", "felt"), "bring": ("brought", "brought"), "keep": ("kept", "kept"), "hold": ("held", "held"),
    "write": ("wrote", "written"), "stand": ("stood", "stood"), "hear": ("heard", "heard"), "mean": ("meant", "meant"), "meet": ("met", "met"),
    "run": ("ran", "run"), "pay": ("paid", "paid"), "sit": ("sat", "sat"), "speak": ("spoke", "spoken"), "lie": ("lay", "lain"),
    "lead": ("led", "led"), "read": ("read", "read"), "send": ("sent", "sent"), "build": ("built", "built"), "draw": ("drew", "drawn"),
    "break": ("broke", "broken"), "catch": ("caught", "caught"), "drive": ("drove", "driven"), "throw": ("threw", "thrown"),
    "fly": ("flew", "flown"), "teach": ("taught", "taught"), "strike": ("struck", "struck"), "shoot": ("shot", "shot"),
    "fight": ("fought", "fought"), "seek": ("sought", "sought"), "choose": ("chose", "chosen"), "wear": ("wore", "worn"),
    "hide": ("hid", "hidden"), "steal": ("stole", "stolen"), "put": ("put", "put"), "set": ("set", "set"), "cut": ("cut", "cut"),
    "hit": ("hit", "hit"), "let": ("let", "let"), "beat": ("beat", "beaten"), "quit": ("quit", "quit"), "cost": ("cost", "cost"),
    "hurt": ("hurt", "hurt"), "spread": ("spread", "spread"), "have": ("had", "had"), "do": ("did", "done"), "eat": ("ate", "eaten"),
    "drink": ("drank", "drunk"), "sing": ("sang", "sung"), "swim": ("swam", "swum"), "wake": ("woke", "woken"), "sleep": ("slept", "slept"),
    "understand": ("understood", "understood"), "undergo": ("underwent", "undergone"), "overcome": ("overcame", "overcome"),
    "withdraw": ("withdrew", "withdrawn"), "shake": ("shook", "shaken"), "bear": ("bore", "borne"), "bite": ("bit", "bitten"),
    "blow": ("blew", "blown"), "deal": ("dealt", "dealt"), "dig": ("dug", "dug"), "feed": ("fed", "fed"), "flee": ("fled", "fled"),
    "hang": ("hung", "hung"), "lay": ("laid", "laid"), "ride": ("rode", "ridden"), "ring": ("rang", "rung"), "sink": ("sank", "sunk"),
    "slide": ("slid", "slid"), "swear": ("swore", "sworn"), "sweep": ("swept", "swept"), "swing": ("swung", "swung"), "tear": ("tore", "torn"),
    "arise": ("arose", "arisen"), "shut": ("shut", "shut"), "freeze": ("froze", "frozen"), "stick": ("stuck", "stuck"),
}  # fmt: skip
_PASTS = {form[0]: verb for verb, form in _IRREGULAR.items()}
_WANTS_E = re.compile(
    r"(?:[cvuz]|[^s]s(?<!cus)|[dr]g|[aeiu]ng(?<=hang|lang|lung|leng|veng|ring)|[^aeiouwl]l(?<!rl)|(?<![aeo])at|(?<![aeiou])(?:ir|ur|ar|ad|id|ud|od|"
    r"ap|op|yp|ik|ak|ok|al|ul|il|ol|am|im|um|un|ut|ag|uk|ib|ub|ir)|(?:[^aeo]in)|(?:pl|mp|del|ob|exc|inv|un|ign|c|desp|wr|inc)it|(?:pl|mp|del)et|"
    r"(?:v|m|qu|n|v)ot|(?:pl|sc|st|gn|sh|b)or|(?:ph|tp|st)on|welcom|[aeou]ur(?<!our))$"
)
_LOST = frozenset(["creat", "recreat", "requir", "acquir", "inquir", "accus", "alleg", "wip", "pip", "tir"])
_WHOLE = frozenset(
    [
        "focus",
        "happen",
        "appear",
        "murmur",
        "develop",
        "monitor",
        "harbor",
        "visit",
        "begin",
        "join",
        "explain",
        "gain",
        "gallop",
        "worship",
        "gossip",
        "equal",
        "signal",
        "rival",
        "cancel",
        "total",
        "label",
        "model",
        "travel",
        "counsel",
        "pedal",
        "medal",
        "poison",
        "claim",
        "aim",
        "proclaim",
        "exclaim",
        "attain",
        "train",
        "remain",
        "coin",
        "ruin",
        "hang",
    ]
)
"""Stems that the endings above would take for ones that lost their "e"."""
_DOUBLED = re.compile(r"(?:[^aeiou]|^)[aeiou][bdgmnprt]$")
_ONE_SYLLABLE = re.compile(r"^[^aeiou]*[aeiouy]+[^aeiou]*$")


def past(verb: str) -> str:
    """The simple past.

    >>> past("stop"), past("carry"), past("win"), past("close")
    ('stopped', 'carried', 'won', 'closed')
    """
    if verb in _IRREGULAR:
        return _IRREGULAR[verb][0]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    if _DOUBLED.search(verb) and _ONE_SYLLABLE.match(verb):
        return verb + verb[-1] + "ed"
    return verb + "ed"


def base(word: str, tag: str) -> str:
    """A verb without its ending; `tag` is the Penn Treebank's.

    >>> base("stopped", "VBD"), base("carries", "VBZ"), base("closed", "VBD"), base("announced", "VBD"), base("killed", "VBD")
    ('stop', 'carry', 'close', 'announce', 'kill')
    """
    low = word.casefold()
    if tag == "VBP":
        return low
    if tag == "VBZ":
        if low in ("has", "does", "goes"):
            return {"has": "have", "does": "do", "goes": "go"}[low]
        if low.endswith("ies"):
            return low[:-3] + "y"
        return low[:-2] if re.search(r"(?:ss|sh|ch|x|zz)es$", low) else low.removesuffix("s")
    if low in _PASTS:
        return _PASTS[low]
    if low in ("died", "lied", "tied") or low.endswith("eed"):
        return low[:-1]
    if low.endswith("ied"):
        return low[:-3] + "y"
    if not low.endswith("ed"):
        return low
    stem = low[:-2]
    if re.search(r"([bdgmnprt])\1$", stem) and not stem.endswith(("add",)):
        return stem[:-1]
    return stem + "e" if stem in _LOST or (_WANTS_E.search(stem) and stem not in _WHOLE) else stem


def _forms(verb: str) -> dict[str, str]:
    """VB, VBZ, VBD, VBN and VBG of a verb."""
    third = (
        verb[:-1] + "ies"
        if verb.endswith("y") and verb[-2] not in "aeiou"
        else verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s")
    )
    stem = verb[:-1] if verb.endswith("e") and not verb.endswith("ee") else verb
    if _DOUBLED.search(verb) and (_ONE_SYLLABLE.match(verb) or verb in ("begin", "forget", "forbid")):
        stem = verb + verb[-1]
    return {
        "VB": verb, "VBZ": third, "VBD": past(verb), "VBN": _IRREGULAR.get(verb, (past(verb),) * 2)[1], "VBG": stem + "ing",
    }  # fmt: skip


def _directions() -> dict[str, tuple[tuple[str, ...], str]]:
    found: dict[str, tuple[tuple[str, ...], str]] = {}
    for pair in _REGULAR_PAIRS.replace("\n", "|").split("|"):
        if not pair.strip():
            continue
        one, other = pair.split()
        for a, b in ((one, other), (other, one)):
            ours, theirs = _forms(a), _forms(b)
            for tag, form in ours.items():
                found.setdefault(form, ((tag, "VBP") if tag == "VB" else (tag,), theirs[tag]))
    plain = {
        ("JJR", "RBR"): "more fewer|higher lower|larger smaller|bigger smaller|better worse|stronger weaker|older younger|earlier later|faster slower|longer shorter|richer poorer",
        ("JJS", "RBS"): "most least|highest lowest|largest smallest|biggest smallest|best worst|oldest youngest|fastest slowest|longest shortest",
        ("JJ",): "first last|high low|strong weak|guilty innocent|alive dead|safe dangerous|legal illegal|public private|rich poor|positive negative|male female|likely unlikely|successful unsuccessful|northern southern|eastern western|foreign domestic|former current|possible impossible",
        ("NN",): "increase decrease|rise fall|victory defeat|win loss|success failure|majority minority|support opposition|growth decline|gain loss|profit loss|ally enemy|friend rival|north south|east west|surplus deficit|arrival departure|beginning end|top bottom|success failure",
        ("IN", "RB"): "before after|above below|over under|inside outside|early late",
        ("RP", "RB", "IN"): "up down",
    }  # fmt: skip
    for tags, pairs in plain.items():
        for pair in pairs.split("|"):
            a, b = pair.split()
            found.setdefault(a, (tags, b))
            found.setdefault(b, (tags, a))
    return found


DIRECTIONS = _directions()
"""A word → the tags under which it may be changed, and its opposite in the same form."""

OPPOSED = {
    "denied": "confirmed", "denies": "confirms", "refused": "agreed", "refuses": "agrees", "failed": "managed",
    "unable": "able", "without": "with", "admitted": "denied", "admits": "denies", "agreed": "refused", "confirmed": "denied",
    "rejected": "accepted", "unlikely": "likely", "managed": "failed",
}  # fmt: skip

HEDGES = (
    (re.compile(r"\b(?:allegedly|reportedly|apparently|possibly|probably|presumably|supposedly) "), ""),
    (re.compile(r"\b(?:alleged|suspected|purported) (?=[a-z])"), ""),
    (re.compile(r"\b(was|were) accused of (\w+ing)\b"), r"\1 found guilty of \2"),
    (re.compile(r"\b(?:may|might|could) have (been)\b"), r"had \1"),
    (re.compile(r"\b(?:may|might|could) (?=be\b)"), "will "),
    (re.compile(r"\b(?:is|are) (?:expected|likely|set|due) to\b"), "will"),
    (re.compile(r"\b(?:plans|hopes|wants|intends) to\b"), "will"),
    (re.compile(r"\b(?:might|may|could) (?=[a-z]+ )(?!not|have|be\b)"), "will "),
)
