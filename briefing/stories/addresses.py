"""One address for one page, however it was linked."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

# What names the link and not the page: after the lists of AdGuard and ClearURLs. Short names that some sites
# tell articles by ("cid", "uid", "source", "ref" with a number) are left alone: two pages taken for one hide news.
_TRACKER = re.compile(
    r"""(?xi)^(?:
      (?:utm|mtm|pk|piwik|matomo|hsa|itm|vero|oly|ml|mkt|at|wt|ns|cmp|_hs|trk|gaa|guce|ito|smid|stm|xtor|spm|scm)_.*
    | (?:fb|gc|dc|tw|yc|ysc|ttc|li_fat_|wick|epi|irc|s_k)l?id | fbclid | gclid | dclid | twclid | yclid | ttclid
    | (?:gbra|wbra|msclk|igsh|mc_e|mc_c|mkwid_?|click|partner)id | mc_[ce]id | igsh | gclsrc | wbraid | gbraid
    | _ga | _gl | _gac | ocid | ncid | cmpid | icid | sr_share | smtyp | smid | xtor | ito | guccounter | ftag
    | (?:ref|referr?er)(?:_?src|_?url)? | feature | share(?:d|_?type|_?id|token)? | spm | s_cid | trk | trkinfo
    | cvid | ocid | soc_(?:src|trk) | sh | taid | amp | amp_.* | outputtype | __twitter_impression | usqp
    )$"""
)
_MOBILE = re.compile(r"^(?:www\d?|m|mobile|amp|touch|wap)\.(?=[^.]+\.)")
_AMP_CACHE = re.compile(r"^[^.]+\.cdn\.ampproject\.org$|^www\.google\.[a-z.]+$")
_AMP_FOLDER = re.compile(r"^/(?:amp/s?/?|[cv]/s?/?)+")
_AMP_END = re.compile(r"(?:/amp|/amp\.html?|\.amp(?:\.html?)?|/index\.html?|/)+$", re.IGNORECASE)
_AMP_START = re.compile(r"^/amp(?=/.+)", re.IGNORECASE)
_DEFAULT_PORT = re.compile(r":(?:80|443)$")


def canonical_url(url: str | None) -> str | None:
    """The address a page is known by: no scheme's difference, mobile host, AMP form, tracking parameter, fragment.

    It tells pages apart; it is not made to be opened. None for what is no web address, or leads to a site's front.

    >>> canonical_url("http://m.kelby.example/news/amp/?utm_source=feed#top")
    'https://kelby.example/news'
    >>> canonical_url("https://kelby-example.cdn.ampproject.org/c/s/www.kelby.example/news/1.amp.html?b=2&a=1")
    'https://kelby.example/news/1?a=1&b=2'
    >>> canonical_url("https://kelby.example/?utm_medium=rss") is None
    True
    """
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii") if parts.hostname else ""
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.casefold() not in ("http", "https") or not host:
        return None
    path = parts.path
    if _AMP_CACHE.match(host) and _AMP_FOLDER.match(path):
        inner = _AMP_FOLDER.sub("", path)
        query = f"?{parts.query}" if parts.query else ""
        return canonical_url(f"https://{inner}{query}") if "." in inner.split("/")[0] else None
    host = _MOBILE.sub("", host)
    path = _AMP_START.sub("", re.sub(r"/+", "/", path))
    path = quote(unquote(_AMP_END.sub("", path)), safe="/%!=:,@+;~()*'$-._")
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKER.match(key)]
    if not path and not kept:
        return None
    return urlunsplit(("https", host + port, path, urlencode(sorted(kept)), ""))
