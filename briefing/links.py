"""Addresses of articles, pure: trackers taken off, redirects undone where the address itself says where it leads."""

from __future__ import annotations

import base64
import binascii
import json
import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

LONGEST = 4096

_TRACKERS = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|custom\d|link_\w+|format|ptr_name|bbc_team)|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|"
    r"msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|_hsenc|_hsmi|__hs\w+|hsctatracking|mkt_tok|vero_(?:id|conv)|"
    r"oly_(?:enc|anon)_id|s_cid|cmpid|ns_(?:mchannel|source|campaign|linkname)|ref_?src|ref_url|ftag|icid|ito|wt_mc|xtor|"
    r"ck_subscriber_id|bxid|cndid|esrc|_bhlid|guccounter|guce_\w+|spm|scid|srnd|campaign_id|emc|nl|te|user_id|"
    r"instance_id|segment_id|regi_id|_ga|_gl|smid|ocid|ncid|sr_share|mbid|mod|rss|source)",
    re.I,
)  # fmt: skip
# Of these only the value tells whether they track.
_AMBIGUOUS = {
    "source": re.compile(r"rss|feed|email|newsletter|twitter|facebook", re.I),
    "rss": re.compile(r"^[01]$|^true$", re.I),
    "mod": re.compile(r"rss|newsletter|hp_|djem", re.I),
    "nl": re.compile(r"[a-z-]{4,}"),
    "te": re.compile(r"^\d+$"),
    "user_id": re.compile(r"^[0-9a-f]{24,}$"),
    "instance_id": re.compile(r"^\d+$"),
    "segment_id": re.compile(r"^\d+$"),
    "campaign_id": re.compile(r"^\w+$"),
    "emc": re.compile(r"edit|rss"),
}
_TARGETS = ("url", "u", "q", "target", "dest", "destination", "redirect", "redirect_url", "redirect_uri", "redirecturl",
            "link", "to", "r", "goto", "out", "l", "murl", "rurl", "e")  # fmt: skip
_REDIRECTOR = re.compile(
    r"(?:^|[./])(?:click|clicks|link|links|track|tracking|trk|l|r|t|go|out|email|e|u\d+|url\d+|safelinks|lnks|redirect|"
    r"awstrack|urldefense|list-manage|sendgrid|ct|nl|news?letter|mail|em|mailer|mandrillapp|rs\d|hubspotlinks|"
    r"hubspotemail|exct|cmail\d*|createsend\d*|mlsend|getrevue|beehiiv|convertkit-mail\d*|ctrk)\.",
    re.I,
)
_REDIRECT_PATH = re.compile(
    r"/(?:redirect|redir|click|clicks|track|tracking|url|out|l\.php|link|links|goto|go|cl0|l0|ls/click|e/c|c/|ss/c|f/a|"
    r"wf/click|lt\.php|v2/|v3/__|ctt|sl/|rd/|r/)",
    re.I,
)
_EMBEDDED = re.compile(r"/(https?(?:://?|%3a%2f%2f|:%2f%2f).+)", re.I)


def _parts(url: str) -> tuple[str, str, str, str, str] | None:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return None
    return (parts.scheme.lower(), parts.netloc, parts.path, parts.query, parts.fragment)


def _tracks(key: str, value: str) -> bool:
    if not _TRACKERS.fullmatch(key):
        return False
    unsure = _AMBIGUOUS.get(key.lower())
    return unsure is None or unsure.search(value) is not None


def without_trackers(url: str) -> str:
    """`url` without the parameters that only say where a reader came from, and without credentials.

    >>> without_trackers("https://news.example/a?id=7&utm_source=rss&fbclid=x#utm_medium=y")
    'https://news.example/a?id=7'
    """
    parts = _parts(url)
    if parts is None:
        return url
    scheme, netloc, path, query, fragment = parts
    if query:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=200) if query.count("&") < 200 else None
        if pairs is not None and any(_tracks(key, value) for key, value in pairs):
            query = urlencode([(key, value) for key, value in pairs if not _tracks(key, value)])
    if fragment.startswith(("utm_", "xtor=", "ref=")):
        fragment = ""
    return urlunsplit((scheme, netloc.rpartition("@")[2], path, query, fragment))


def canonical(url: str) -> str:
    """What tells two addresses of one article to be the same: no scheme, no "www.", no trackers, no fragment,
    parameters in order. Not an address itself.

    >>> canonical("HTTP://www.News.example:80/a/?b=2&a=1&utm_source=x#top") == canonical("https://news.example/a?a=1&b=2")
    True
    """
    parts = _parts(url)
    if parts is None:
        return url.strip()
    _, netloc, path, query, fragment = parts
    host = netloc.rpartition("@")[2].lower().removesuffix(":80").removesuffix(":443").rstrip(".")
    pairs = parse_qsl(query, keep_blank_values=True) if query and query.count("&") < 200 else []
    kept = urlencode(sorted((key, value) for key, value in pairs if not _tracks(key, value)))
    # A fragment that is a route of the page's own program ("#!/a", "#/a") is part of the address.
    route = f"#{fragment}" if fragment.startswith(("!", "/")) else ""
    path = re.sub(r"/(?:index\.(?:html?|php)|amp)?$", "", unquote(path)) if path else ""
    return f"{host.removeprefix('www.').removeprefix('m.')}{path}{'?' + kept if kept else ''}{route}"


def direct(url: str) -> str:
    """Where `url` leads, as far as it can be known without asking anybody, without trackers.

    >>> direct("https://www.google.com/url?rct=j&url=https://news.example/a%3Fid%3D7&ct=ga")
    'https://news.example/a?id=7'
    >>> direct("https://tracking.letter.example/CL0/https:%2F%2Fnews.example%2Fa%3Futm_source=x/1/0100")
    'https://news.example/a'
    """
    here = url.strip()
    for _ in range(4):
        target = _target(here)
        if target is None or target == here:
            break
        here = target
    return without_trackers(here)


def _target(url: str) -> str | None:
    parts = _parts(url) if len(url) <= LONGEST else None
    if parts is None:
        return None
    _, netloc, path, query, _ = parts
    host = netloc.lower()
    if not is_redirect(url):
        return None
    if "urldefense" in host and (match := re.search(r"/v3/__(.+?)__;", path + ("?" + query if query else ""))):
        return _web(match[1])
    match = _EMBEDDED.search(path)
    if match:
        # What follows an address inside a path is the sender's own: a number, a signature.
        whole = unquote(re.split(r"/(?=\d+/[\w=-]{8,})", match[1])[0])
        return _web(re.sub(r"^(https?):/(?!/)", r"\1://", whole))
    for key, value in parse_qsl(query) if query.count("&") < 200 else []:
        if key.lower() in _TARGETS and (found := _web(value) or _packed(value)):
            return found
    for piece in re.split(r"[/.]", path):
        if len(piece) > 20 and (found := _packed(piece)):
            return found
    return None


def is_redirect(url: str) -> bool:
    """Whether the address looks like one that only counts a click and leads on.

    >>> is_redirect("https://click.letter.example/ls/click?upn=x"), is_redirect("https://news.example/2026/03/bridge")
    (True, False)
    """
    parts = _parts(url)
    if parts is None:
        return False
    _, netloc, path, query, _ = parts
    host = netloc.rpartition("@")[2].lower()
    if host.removeprefix("www.") in ("google.com", "l.facebook.com", "lm.facebook.com", "substack.com", "youtube.com",
                                     "slack-redir.net", "t.umblr.com", "out.reddit.com"):  # fmt: skip
        return _REDIRECT_PATH.search(path) is not None or (host == "out.reddit.com" and "url=" in query)
    if _EMBEDDED.search(path):
        return True
    return _REDIRECTOR.search(host) is not None and (
        _REDIRECT_PATH.search(path) is not None or len(path) + len(query) > 60
    )


def _web(value: str) -> str | None:
    value = value.strip()
    if not re.match(r"https?://[\w.\[-]", value, re.I) or len(value) > LONGEST or re.search(r"[\s<>\"\\]", value):
        return None
    return value if _parts(value) else None


def _packed(value: str) -> str | None:
    """An address in base64, bare or in a JSON object, as some senders pack them."""
    if not re.fullmatch(r"[\w+/=-]{16,3000}", value):
        return None
    try:
        raw = base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    if text.startswith("{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        values = data.values() if isinstance(data, dict) else ()
        return next((found for v in values if isinstance(v, str) and (found := _web(v))), None)
    return _web(text)
