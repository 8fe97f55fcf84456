"""What stands in front of news: bot walls, consent banners, paywalls, logins. Pure.

Told by marks that the makers of such walls put there, and by what little text is left of a page behind one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from briefing.markup import words_of

_BOT_WALLS = (
    ("Cloudflare", re.compile(r"cf-browser-verification|cf[-_]chl[-_]|challenge-platform|<title>just a moment\.\.\.|"
                              r"attention required! \| cloudflare|/cdn-cgi/challenge", re.I)),
    ("DataDome", re.compile(r"captcha-delivery\.com|geo\.captcha|datadome", re.I)),
    ("Imperva", re.compile(r"_incapsula_resource|incapsula incident|imperva", re.I)),
    ("HUMAN", re.compile(r"px-captcha|perimeterx|press (?:&amp;|&|and) hold", re.I)),
    ("Akamai", re.compile(r"errors\.edgesuite\.net|reference&#32;&#35;|akamai.{0,40}bot", re.I)),
    ("AWS", re.compile(r"awswaf|aws-waf-token", re.I)),
    ("Anubis", re.compile(r"anubis_challenge|making sure you(?:&#39;|'|’)re not a bot", re.I)),
    ("a captcha", re.compile(r"g-recaptcha|h-captcha|hcaptcha\.com|are you a robot\?|verify (?:that )?you are (?:a )?human|"
                             r"unusual traffic from your", re.I)),
)  # fmt: skip

_CONSENT = re.compile(
    r"\b(?:value your privacy|your privacy (?:matters|is important)|cookies?\b|accept (?:all|and continue)|agree and continue|"
    r"reject (?:all|non)|allow all|manage (?:your |my )?(?:cookies?|privacy|consent|preferences|settings|options|choices)|"
    r"(?:cookie|privacy|consent) (?:settings|preferences|policy|notice|cent(?:er|re))|your (?:privacy )?choices|"
    r"(?:our|trusted) (?:\d+ )?partners|legitimate interests?|withdraw (?:your )?consent|your consent|personali[sz]ed (?:ads|"
    r"advertising|content)|before you continue|store and/or access|(?:alle|cookies) (?:akzeptieren|ablehnen|zulassen)|zustimm\w+|"
    r"einwillig\w+|datenschutz\w*|tout (?:accepter|refuser)|(?:votre|vos) (?:consentement|choix)|(?:aceptar|rechazar) tod[ao]s?|"
    r"consentimiento|accetta (?:tutti|e continua)|consenso|akkoord|toestemming)",
    re.I,
)
_PAYWALL = re.compile(
    r"(?:subscribe (?:now |today )?(?:to|for)\b.{0,40}\b(?:read|continue|access|unlock|full|unlimited)|"
    r"(?:this|the) (?:article|story|content|post|page) is (?:only |exclusively |reserved )*(?:available )?(?:for|to) "
    r"(?:our |paid |paying |premium |registered )*(?:subscribers|members)|"
    r"for (?:paid |paying |premium )?(?:subscribers|members) only|(?:subscriber|member)[- ]only|subscribers[- ]only|"
    r"(?:to )?(?:continue|keep) reading[,.:]? (?:please |simply |you must |you need to )?(?:subscribe|sign|log|register|create|start|choose|with)|"
    r"already (?:a|an) (?:subscriber|member)\b|already (?:have an account|subscribed)\?|"
    r"you(?:'|’)?ve (?:reached|read|used) (?:your|all).{0,30}(?:free|limit|articles)|"
    r"you have (?:reached|read|used) (?:your|all).{0,30}(?:free|limit|articles)|(?:unlock|read) (?:this|the) (?:full |whole |entire )?(?:article|story) (?:with|by|for)|"
    r"(?:start|begin) (?:your|a) (?:free |digital )?(?:trial|subscription)|choose (?:your|a) (?:plan|subscription)|"
    r"become a (?:paid )?(?:subscriber|member) to|this post is for (?:paid|paying)|"
    r"(?:sign|log) in (?:or (?:register|subscribe|create an account) )?to (?:continue|read|view)|(?:register|create (?:a free |an )?account) to (?:continue|read)|"
    r"jetzt (?:abonnieren|weiterlesen|testen)|abonnieren sie|weiterlesen mit|artikel nur für abonnenten|nur für abonnenten|"
    r"réservé (?:aux|à nos) abonnés|abonnez-vous pour|article (?:est )?réservé|solo para suscriptores|contenido exclusivo para|"
    r"suscríbete para|contenuto riservato agli abbonati|abbonati per|alleen voor abonnees)",
    re.I,
)
_LOGIN = re.compile(
    r"\b(?:sign in|log ?in|password|forgot|register|create an account|anmelden|passwort|se connecter)\b", re.I
)

LOCKED = re.compile(r"""["']isAccessibleForFree["']\s*:\s*["']?(?:false|no)\b|<meta[^>]{0,200}content=["'](?:locked|metered|premium)["']"""
                    r"""[^>]{0,100}(?:content_tier|article:content_tier)|article:content_tier["'][^>]{0,50}content=["'](?:locked|metered|premium)""", re.I)  # fmt: skip
"""Marks in a page's source that say the article is not free (schema.org, Open Graph)."""

_STOPS = re.compile(
    r"subscribe (?:now |today )?to (?:continue|keep|read)|(?:continue|keep) reading[,.:]? (?:please |simply )?(?:subscribe|sign|log|"
    r"register|create|with)|subscribers?[- ]only|only for (?:our |paying )?subscribers|(?:article|story|post) is (?:only )?(?:available )?"
    r"(?:for|to) (?:our |paid |paying )*(?:subscribers|members)|this post is for paid|unlock (?:this|the) (?:full )?(?:article|story)|"
    r"reached your (?:free |article |monthly )*limit|nur für abonnenten|réservé (?:aux|à nos) abonnés|solo para suscriptores|"
    r"riservato agli abbonati",
    re.I,
)


def stops_reading(source: str) -> bool:
    """Whether a page's markup says that its article goes on behind a paywall, in words or by a mark."""
    return LOCKED.search(source[:400_000]) is not None or _STOPS.search(words_of(source[:400_000])) is not None


SHORT = 120
"""Words. A longer text is an article with a wall's sentences in it, not a wall."""


def bot_wall(status: int, headers: Mapping[str, str], body: str) -> str | None:
    """Who keeps programs out, by an answer's head and the beginning of its body; None if nobody is recognised.

    >>> bot_wall(403, {"cf-mitigated": "challenge"}, "")
    'Cloudflare'
    """
    if "cf-mitigated" in headers or "cf-chl-bypass" in headers:
        return "Cloudflare"
    if "x-datadome" in headers and status in (401, 403, 429):
        return "DataDome"
    if status == 202 and headers.get("x-amzn-waf-action"):
        return "AWS"
    start = body[:60_000]
    found = next((name for name, pattern in _BOT_WALLS if pattern.search(start)), None)
    if found is None and status in (403, 429, 503) and "cloudflare" in headers.get("server", "").lower():
        return "Cloudflare"
    # A page of 200 may carry a captcha in its comment form; a wall has hardly any text beside it.
    return found if status != 200 or (found and len(words_of(start).split()) < SHORT) else None


def paywall_line(line: str) -> bool:
    """Whether a line is a paywall's and not the news's.

    >>> paywall_line("Subscribe now to continue reading."), paywall_line("The council met on Monday.")
    (True, False)
    """
    return len(line.split()) <= 60 and _PAYWALL.search(line) is not None


def wall_in(text: str, source: str = "") -> str | None:
    """What stands where a page's article should be, in words: "a paywall", "a cookie banner", "a login"; None where
    `text`, what was read of the page, is an article. `source` is the page's markup, for its marks.

    >>> wall_in("We value your privacy. We and our partners use cookies. Accept all. Reject all. Manage preferences.")
    'a cookie banner'
    """
    count = len(text.split())
    if count >= SHORT:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    left = sum(len(line.split()) for line in lines if not paywall_line(line))
    if _PAYWALL.search(text) and left < 60:
        return "a paywall"
    hits = len(_CONSENT.findall(text))
    if hits >= 3 and hits * 15 >= count:
        return "a cookie banner"
    if source and LOCKED.search(source[:400_000]) and left < 40:
        return "a paywall"
    if count < 60 and len(_LOGIN.findall(text)) >= 3:
        return "a login"
    return bot_wall_text(text)


def bot_wall_text(text: str) -> str | None:
    """ "a bot wall" where a short text asks whether its reader is human.

    >>> bot_wall_text("Please enable JS and disable any ad blocker")
    'a bot wall'
    """
    asks = re.search(
        r"enable (?:js|javascript)(?: and (?:cookies|disable))|are you a robot|verify (?:that )?you are (?:a )?human|"
        r"checking (?:your|if the site) (?:browser|connection)|unusual traffic|access (?:to this page has been )?denied|"
        r"you have been blocked|why have i been blocked|not a bot\b",
        text,
        re.I,
    )
    return "a bot wall" if asks and len(text.split()) < SHORT else None
