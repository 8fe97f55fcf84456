"""What a line of a scraped page is: headline, body, caption, date, byline or the site's furniture. Pure.

The extractor uses it to find articles in a dump; the embedded engine uses it to keep furniture out of
bullets when it is given text that nobody has cleaned. Rules judge one whole line at a time: a line that
merely contains such a word is body.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from briefing.text import one_line

__all__ = ["Kind", "classify", "date_in", "lead_in", "names_in_byline", "same_headline", "without_dateline"]


class Kind(StrEnum):
    """The kinds of a line."""

    BODY = "body"
    HEAD = "head"
    SHORT = "short"
    POINT = "point"
    DATE = "date"
    BYLINE = "byline"
    CAPTION = "caption"
    HEADER = "header"
    """Furniture that stands at the head of an article: "Short Url", "Follow", "3 min read"."""
    FURNITURE = "furniture"
    RULE = "rule"


_HEADER = re.compile(
    r"""(?ix)
    short\s+url | follow | follow\ us(\b.{0,60})? | share | share\ (this|on|via|to)\b.{0,40} | tweet | print
    | e-?mail | save | save\ for\ later | bookmark | listen | listen\ to\ (this|the)\ .{0,40} | copy\ link
    | link\ copied!? | \d{1,3}\s*-?\s*min(ute)?s?(\.|\s)?\s*read | reading\ time\b.{0,20} | text\ size | a\ ?a\ ?a
    | (facebook|twitter|x|whatsapp|telegram|linkedin|instagram|pinterest|reddit|messenger|youtube|flipboard
       |mastodon|bluesky)([\s,|/·]+(facebook|twitter|x|whatsapp|telegram|linkedin|instagram|pinterest|reddit
       |messenger|youtube|flipboard|mastodon|bluesky|e-?mail|print|copy\ link))*
    | \d+\ shares? | (add\ )?comments?(\ \(?\d+\)?)? | \d+\ comments? | no\ comments(\ yet)? | leave\ a\ comment
    """
)
_FURNITURE = re.compile(
    r"""(?ix)
    advert(isement|ising)?(\W.{0,60})? | sponsored(\ (content|by\b.{0,40}))? | promoted
    | (read|see|watch|learn|find\ out|discover)\ (more|also|next|now)(\ (here|on\ .{1,80}|about\b.{1,80}|at\ .{1,60}))?
    | ((read|see)\ (more|also|next)|also\ read|watch|listen|video|gallery|in\ pictures|related|recommended
       |more\ on\ this|don'?t\ miss|editor'?s\ picks?|you\ may\ (also\ )?like|up\ next|now\ playing|live\ updates?)
      \s*[:»›>|–—-].{0,200}
    | (read|see)\ (more|also)\ .{1,60}[»›>→]
    | (related|recommended|popular|trending|latest|more|top|most\ (read|popular|viewed|shared))
      (\ (topics?|articles?|stories|news|content|links?|tags?|videos?|reading|now|today|for\ you|headlines))?
    | (you\ (may|might)\ also\ (like|be\ interested\ in)|recommended\ for\ you|what\ to\ read\ next|keep\ reading|read\ next)\W?
    | more\ (from|on|in|about)\b.{1,60} | back\ to\ (top|.{1,40}) | (next|previous)(\ (article|story|page))?
    | (sign|log)\ ?(up|in|out)\b.{0,120} | register(\ (now|here|for\ free))? | create\ (an\ )?account
    | subscribe\b.{0,120} | unsubscribe\b.{0,80} | (get|receive|join)\ (our|the|your)\ .{0,60}(newsletter|inbox|alerts?|app|briefing|channel)s?\b.{0,60}
    | (our\ |the\ |free\ )?(daily\ |weekly\ )?newsletters?\b.{0,60} | your\ (e-?mail|privacy)\b.{0,60}
    | enter\ your\ e-?mail\b.{0,60} | by\ (signing\ up|subscribing|continuing)\b.{0,200}
    | (we|this\ (site|website)|our\ (site|website)|[\w\s.&-]{2,40}\ and\ (our|its)\ partners)\ uses?\ cookies\b.{0,300} | cookies?(\ (policy|settings|notice|preferences))?
    | (accept|reject|manage|allow)\ (all|cookies|preferences|all\ cookies) | privacy(\ policy|\ notice)?
    | terms(\ (of|and|&)\ .{1,30})? | contact(\ us)? | about(\ us)? | imprint | help | menu | search | home | login | live | skip\ to\ .{1,40}
    | (copyright|©|\(c\))\ ?.{0,160} | .{0,80}all\ rights\ reserved\.?.{0,60}
    | click\ here\b.{0,100} | tap\ here\b.{0,100} | download\ (our|the)\ .{0,60} | scroll\ (down|for)\b.{0,60}
    | (topics?|tags?|filed\ under|categor(y|ies)|keywords|section|sections)\s*(:.{0,200})?
    | (story|article)\ continues\ (below|after)\b.{0,60} | continue\ reading\b.{0,60} | load\ more\b.{0,30} | show\ (more|less|all)(\ \w+)?
    | view\ (all|more|gallery|comments|profile)\b.{0,40} | image\ (caption|source|credit)s?\b.{0,120} | (getty|afp|reuters|ap|epa)(\ images|\ photo)?
    | follow\ (us|@?\w+(\ \w+)?|this\ topic|the\ author|our\ .{1,40})\ (on|for|at)\ .{1,60} | @\w{2,30}
    | like\ us\ on\b.{0,40} | join\ (the\ (conversation|discussion)|us)\b.{0,60} | have\ your\ say\b.{0,60}
    | (have|got)\ (a|any)\ (story|tip|news\ tip|question)\b.{0,120} | (if\ you\ )?(enjoyed|liked)\ this\ (article|story)\b.{0,120}
    | support\ (our|independent)\ journalism\b.{0,100} | donate(\ now)? | become\ a\ (member|supporter|subscriber)\b.{0,80}
    | (this|the)\ (article|story|report)\ (was\ )?(first|originally)\ (appeared|published)\b.{0,120}
    | \(?(additional\ )?report(ing|ed)\ by\b.{0,120} | edit(ing|ed)\ by\b.{0,80} | \(?with\ (inputs?|input\ from|files\ from|agencies)\b.{0,60}
    | breaking(\ news)? | exclusive | live\ blog | report\ (a\ correction|this\ ad|an\ error)\b.{0,60} | why\ you\ can\ trust\b.{0,60}
    | (photo|image|picture|video|graphic|illustration)s?(\ (credit|by|courtesy))?\s*:.{1,160} | file\ (photo|image|picture)\b.{0,160}
    """
)
_CREDIT = re.compile(
    r"""(?ix)
    \((?:[^()]{0,60}\b)?(?:afp|reuters|ap|epa|dpa|getty(\ images)?|shutterstock|alamy|file(\ photo)?|(file\ )?photo|image|picture
       |courtesy|handout|supplied|screengrab|screenshot|illustration|social\ media)\b[^()]{0,60}\)\s*\.?$
    | \([^()\s][^()]{1,40}\s?/\s?[^()]{2,40}\)\s*\.?$
    | (?:photo|image|picture|credit|courtesy)(?:graph)?(?:\ (?:by|credit|courtesy))?\s*:\s*[^.]{2,80}\.?$
    | \bphotograph:\ .{2,80}$ | \bvia\ (?:reuters|getty|ap|afp)(?:\ images)?\s*$ | \|\s*(?:photo|image|credit)\b.{0,80}$
    """
)
_CAPTION_HEAD = re.compile(
    r"(?i)^(photo|image|picture|caption|file photo|pictured|photograph|above|left|right)\s*:\s*\S"
)
_POINT = re.compile(r"^(?:[•●▪◦‣·∙■►–—*+]|-{1,2}|o)\s+(?P<text>\S.*)$")
_RULE = re.compile(r"^(?:[-_=*~#·•+—–]\s*){3,}$")
_BYLINE = re.compile(r"^(?:by|von|par|por|di|door|av)[\s:.]+(?P<names>[^\W\d_][^.!?:;]{1,110})$", re.IGNORECASE)
_WRITER = re.compile(
    r"^(?:written by|author|reported by|words)\s*:?\s+(?P<names>[^\W\d_][^.!?:;]{1,110})$", re.IGNORECASE
)
_NAME = r"[^\W\d_][\w.'’-]*(?:\s+(?:(?:de|da|di|du|van|von|der|den|la|le|el|al|bin|ibn)\s+)*[^\W\d_][\w.'’-]*){0,4}"

_MONTH = r"[^\W\d_]{3,10}"
_DAY = re.compile(
    rf"""(?ix)
    (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}(?=\b|T))
    | \b(?P<d1>\d{{1,2}})(?:st|nd|rd|th|º|er|\.)?\s+(?:of\s+|de\s+)?(?P<m1>{_MONTH})\.?,?\s+(?:de\s+)?(?P<y1>\d{{4}})\b
    | \b(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{{4}})\b
    | \b(?P<d3>\d{{1,2}})(?P<sep>[./])(?P<m3>\d{{1,2}})(?P=sep)(?P<y3>\d{{4}})\b
    """
)
_TIME = re.compile(
    r"""(?ix)
    (?:\b|(?<=T))(?P<hour>\d{1,2})\s*(?:[:.h]\s*(?P<minute>\d{2})(?::\d{2}(?:\.\d+)?)?\s*(?P<half>[ap]\.?\ ?m\b\.?)?|\ ?(?P<half2>[ap]\.?m\b\.?))
    \s*(?:(?P<zone>Z|UTC|GMT|BST|CEST|CET|EEST|EET|EDT|EST|ET|CDT|CST|PDT|PST|PT|IST|JST|[+-]\d{2}:?\d{2})\b)?
    """
)
# Hours east of UTC of the zone names that newsrooms print. "ET" and "PT" are taken as standard time.
_ZONES = {
    "Z": 0.0, "UTC": 0.0, "GMT": 0.0, "BST": 1.0, "CET": 1.0, "CEST": 2.0, "EET": 2.0, "EEST": 3.0, "EDT": -4.0,
    "EST": -5.0, "ET": -5.0, "CDT": -5.0, "CST": -6.0, "PDT": -7.0, "PST": -8.0, "PT": -8.0, "IST": 5.5, "JST": 9.0,
}  # fmt: skip
_DATE_WORDS = re.compile(
    r"""(?ix)\b(?:last\ |first\ )?(?:updated|published|posted|modified|created|revised|edited|date|issued|aktualisiert
    |veröffentlicht|publié|mis\ à\ jour|publicado|actualizado|on|at|le|el|am|um|uhr|à|a\ las|the
    |mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun|(?:mon|tues|wednes|thurs|fri|satur|sun)day|\w+tag|mittwoch
    |lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo)\b"""
)
_LEAD_IN = re.compile(
    r"""(?ix)^\s*(?:by\s*[.:]?\s*(?P<names>[^.|:]{2,80}?)\s*(?:[.|]\s*)+)?
    (?:last\ updated|updated|published|created|posted)\s*:?\s*\.?\s*(?:at\s+)?(?P<date>[^|.]{4,60}?)\s*
    (?:(?:\.\s*)?\|?\s*\.?\s*(?:last\ updated|updated|modified)\s*:?\s*\.?\s*[^|.]{4,60}?\s*)?[.|]\s+(?:\.\s*)?(?=\S)"""
)
_DATELINE = re.compile(
    r"""(?x)^\s*(?:
      (?P<place>[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ'’.\- ]{2,40}(?:,\s*[A-Z][\w.'’ -]{1,30}){0,2})
        (?:,\s*(?:[A-Z][a-z]{2,8}\.?\s+\d{1,2}|\d{1,2}\s+[A-Z][a-z]{2,8})(?:,?\s+\d{4})?)?
        \s*(?:\((?P<agency>[^()]{2,40})\)\s*(?:[-–—:]+|\s)|[-–—]{1,2}\s|:\s)\s*
    | [A-Z][\w.'’-]+(?:[ ,]+[A-Z][\w.'’-]+){0,5}\s*\((?:CNN|AP|AFP|Reuters|UPI|PTI|ANI|dpa|EFE|Xinhua)[^()]{0,20}\)\s*(?:[-–—:]+\s*)?
    | \((?:CNN|AP|AFP|Reuters|UPI|PTI|ANI|dpa|EFE|Xinhua|CNN\ Student\ News|[A-Z]{2,6}(?:\.com)?)\)\s*(?:[-–—:]+\s*)?
    | (?:AP|AFP|Reuters|UPI)\s+[-–—]+\s+
    )(?=[A-ZÀ-ÖØ-Þ0-9"“‘'«$£€])"""
)


def _parse_day(match: re.Match[str]) -> tuple[int, int, int] | None:
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
    elif match["d3"]:
        day, month, year = int(match["d3"]), int(match["m3"]), int(match["y3"])
        if match["sep"] == "/":
            # 03/04/2026 is March in one country and April in another: only an unambiguous one is a date.
            if day <= 12 and month <= 12 and day != month:
                return None
            if month > 12:
                day, month = month, day
    else:
        name = match["m1"] or match["m2"]
        day, year = int(match["d1"] or match["d2"]), int(match["y1"] or match["y2"])
        number = _month(name)
        if number is None:
            return None
        month = number
    try:
        datetime(year, month, day)
    except ValueError:
        return None
    return (year, month, day) if 1900 <= year <= 2100 else None


def _month(name: str) -> int | None:
    """Number of the month called `name` in any language dateparser knows, or None."""
    import dateparser

    english = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    if name[:3].lower() in english and re.fullmatch(r"(?i)[a-z]+", name):
        whole = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                 "november", "december")  # fmt: skip
        number = english.index(name[:3].lower())
        if whole[number].startswith(name.lower()) or name.lower() in ("sept",):
            return number + 1
    found = dateparser.parse(
        f"1 {name} 2001",
        languages=["de", "fr", "es", "it", "pt", "nl", "sv", "da", "pl"],
        settings={"STRICT_PARSING": True},
    )
    return found.month if found else None


def date_in(line: str) -> tuple[datetime, bool] | None:
    """The first date in `line` as (aware datetime, whether only the day is known), or None.

    A time without a zone is taken as UTC. A numeric date that could be read two ways is no date.

    >>> date_in("Updated 20 April 2024")
    (datetime.datetime(2024, 4, 20, 0, 0, tzinfo=datetime.timezone.utc), True)
    """
    for match in _DAY.finditer(line):
        day = _parse_day(match)
        if day is None:
            continue
        rest = line[: match.start()] + " " + line[match.end() :]
        # A "T" glues the time to an ISO date; without the date it would hide the word boundary.
        time = _TIME.search(re.sub(r"^(.*?)\s*T(?=\d{2}:)", r"\1 ", rest))
        if time is None:
            return datetime(*day, tzinfo=UTC), True
        hour, minute = int(time["hour"]), int(time["minute"] or 0)
        half = (time["half"] or time["half2"] or "").lower()
        if half:
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        if hour > 23 or minute > 59:
            return datetime(*day, tzinfo=UTC), True
        return datetime(*day, hour, minute, tzinfo=_zone(time["zone"])), False
    return None


def _zone(name: str | None) -> timezone:
    if not name:
        return UTC
    if name.upper() in _ZONES:
        hours = _ZONES[name.upper()]
        return timezone(timedelta(hours=hours)) if hours else UTC
    sign, digits = (-1 if name[0] == "-" else 1), name[1:].replace(":", "")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    # No zone is further off; what says so is a number that only looks like one.
    return timezone(sign * shift) if shift <= timedelta(hours=14) else UTC


def _is_date_line(line: str) -> bool:
    match = _DAY.search(line)
    if match is None or len(line) > 140 or date_in(line) is None:
        return False
    rest = _DAY.sub(" ", line)
    rest = _TIME.sub(" ", re.sub(r"T(?=\d{2}:)", " ", rest))
    rest = _DATE_WORDS.sub(" ", rest)
    # What may stand beside a date: an outlet's name, a place, a byline.
    return len(re.findall(r"\w+", rest)) <= 5 and not re.search(
        r"[.!?][\"”’]?$", line.strip()[-2:] if rest.strip() else ""
    )


def names_in_byline(line: str) -> tuple[str, ...]:
    """Authors named by a byline; empty if `line` is none.

    >>> names_in_byline("By Jane Roe and John Doe, Health Correspondent")
    ('Jane Roe', 'John Doe')
    """
    line = one_line(line)
    # A date on the byline's line is not part of the name.
    day = _DAY.search(line)
    if day:
        line = re.sub(r"(?i)[\s|,·–—-]*(?:updated|published|posted|on)?[\s:|,·–—-]*$", "", line[: day.start()])
    match = _BYLINE.match(line) or _WRITER.match(line)
    if match is None:
        return ()
    names = []
    for part in re.split(r"\s*(?:,|\||/|;|&|\band\b|\bund\b|\bet\b)\s*", match["names"]):
        part = part.strip(" .,-–—")
        capitals = [word for word in part.split() if word[:1].isupper()]
        if re.fullmatch(_NAME, part) and len(capitals) >= max(1, len(part.split()) - 2):
            names.append(part)
        elif not names:
            return ()
    # "By Jane Roe, Health Correspondent": what follows a comma after a full name is a role or an outlet.
    people = [name for name in names if not _ROLE.search(name)]
    return tuple(dict.fromkeys(people or names[:1]))


_ROLE = re.compile(
    r"(?i)\b(correspondent|editor|reporter|writer|staff|agency|agencies|news|wire|press|times|post|gazette|desk|service"
    r"|standard|courier|bureau|associated)\b"
)


def classify(line: str) -> Kind:
    """The kind of one line, judged by itself.

    >>> [str(classify(line)) for line in ["Short Url", "Updated 20 April 2024", "By Jane Roe", "It rained all day."]]
    ['header', 'date', 'byline', 'body']
    """
    line = one_line(line)
    if not line or _RULE.match(line):
        return Kind.RULE
    bare = line.strip(" |»›>→·•:")
    if _HEADER.fullmatch(bare):
        return Kind.HEADER
    if _is_date_line(line):
        return Kind.BYLINE if names_in_byline(line) else Kind.DATE
    if names_in_byline(line) and len(line.split()) <= 14:
        return Kind.BYLINE
    point = _POINT.match(line)
    if point:
        inside = classify(point["text"])
        return inside if inside in (Kind.HEADER, Kind.FURNITURE) else Kind.POINT
    if _CAPTION_HEAD.match(line):
        return Kind.CAPTION
    if len(line) <= 300 and (_FURNITURE.fullmatch(line) or _FURNITURE.fullmatch(bare)):
        return Kind.FURNITURE
    if len(line) <= 500 and _CREDIT.search(line):
        return Kind.CAPTION
    count = len(line.split())
    ended = re.search(r"[.;,:…]['\"”’»)\]]*$", line) is not None
    asked = re.search(r"[?!]['\"”’»)\]]*$", line) is not None
    if ended or count > 28:
        return Kind.BODY
    if asked and re.search(r"[.?!]['\"”’»)]*\s+[A-Z\"“]", line):
        return Kind.BODY
    if count <= 2:
        return Kind.SHORT
    # A sentence that lost its full stop starts with a capital too; only its length speaks for a headline.
    return Kind.HEAD if re.match(r"[\"“‘'«(]?[A-ZÀ-ÖØ-Þ0-9€$£]|[a-z]+[A-Z]", line) else Kind.BODY


def point_text(line: str) -> str:
    """The text of a line that opens with a list mark, without the mark."""
    match = _POINT.match(one_line(line))
    return match["text"] if match else one_line(line)


def same_headline(first: str, second: str) -> bool:
    """Whether two lines are the same headline, up to case, marks and a site's name at the end.

    >>> same_headline("Bridge opens after a year", "Bridge Opens After A Year | The Post")
    True
    """
    a, b = (re.sub(r"\W+", " ", text).strip().casefold() for text in (first, second))
    if not a or not b:
        return False
    short, long = sorted((a, b), key=len)
    return a == b or (len(short.split()) >= 4 and long.startswith(short) and len(long) - len(short) <= 40)


def lead_in(text: str) -> tuple[int, tuple[str, ...], tuple[datetime, bool] | None]:
    """Byline and dates glued to the first sentence: (where the sentence begins, authors, date).

    >>> lead_in("By . Jane Roe . PUBLISHED: . 14:11 EST, 3 March 2026 . | . UPDATED: . 15:00 EST, 3 March 2026 . It rained.")[0]
    96
    """
    match = _LEAD_IN.match(text)
    if match is None or date_in(match["date"]) is None:
        return 0, (), None
    names = names_in_byline(f"By {one_line(match['names'])}") if match["names"] else ()
    return match.end(), names, date_in(match["date"])


def without_dateline(sentence: str) -> int:
    """Where the sentence begins after its dateline ("ISLAMABAD: ", "PORT ELLISON (AP) - ", "(CNN) "), 0 without one.

    >>> text = "LONDON (AP) - Rain fell."
    >>> text[without_dateline(text):]
    'Rain fell.'
    """
    match = _DATELINE.match(sentence)
    return match.end() if match else 0
