"""Feeds as test suites and old servers have them: dialects, namespaces, dates, encodings, and what is no feed at all.

Each kind is written whole, from a random source, so that `benchmarks.hostile.damaged` can damage it further. What is to be
had of them is not judged here: they must give items or a clear error.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import zipfile
import zlib
from collections.abc import Callable

WORDS = "bridge council Kelby lock harbour ferry Café šumění 港口 قطار &amp; &eacute; &nbsp; &#8217; &#x1F600; AT&T <b>bold</b> 😀".split()

DATES = (
    # RFC 822 and what is taken for it
    "Thu, 5 Mar 2026 09:00:00 GMT", "Thu, 05 Mar 26 09:00 EST", "Thu,05 Mar 2026 9:0:0", "5 Mar 2026", "Thurs, 5 Sept 2026 09:00:00 +0100",
    "Thu, 5 March 2026 9:00 PM PDT", "Xyz, 05 Foo 2026 09:00:00 GMT", "Thu, 05 Mar 2026 24:00:00 GMT", "Thu, 05 Mar 2026 23:59:60 GMT",
    "Thu, 31 Feb 2026 09:00:00 GMT", "Thu, 05 Mar 2026 09:00:00 GMT+1", "Thu, 05 Mar 2026 09:00:00 +99:99", "Thu, 05 Mar 2026 09:00:00 -2460",
    "Thu, 05 Mar 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359", "Thu, 05 Mar 20266 09:00:00 GMT", "Thu, , 2026", ", , ,", "Thu, 05 Mar 2026 09:00:00 Z (comment (nested))",
    "Thu Mar  5 09:00:00 2026", "Thu Mar 5 09:00:00 CET 2026", "Mar 5, 2026", "Thursday, March 5, 2026 9:00 AM", "+0000", "GMT", "\n\tThu, 05 Mar 2026\n\t09:00:00 GMT\n",
    # W3CDTF and ISO 8601
    "2026", "2026-03", "2026-03-05", "20260305", "2026-064", "2026064", "2026-W10", "2026-W10-4", "-26-03", "--03-05", "---05", "26", "-0026", "2026-03-05T", "2026-03-05T09Z",
    "2026-03-05T09:00Z", "2026-03-05T09:00:00.123456789+01:00", "2026-03-05T09:00:00,5Z", "2026-03-05t09:00:00z", "2026-03-05 09:00:00", "2026-03-05T24:00:00Z", "2026-03-05T25:61:61Z",
    "2026-03-05T09:00:00-00:00", "2026-03-05T09:00:00+1", "2026-03-05T09:00:00 +01:00", "2026-00-00T00:00:00Z", "0000-00-00 00:00:00", "0000-01-01", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z", "+002026-03-05", "2026-03-05T09:00:00[Europe/Berlin]", "P1Y", "2026-03-05/2026-03-06",
    # other calendars, scripts and programs
    "2026년 03월 05일 (목) 오전 09:00:00", "2026-03-05 오후 09:00:00", "Πεμ, 05 Μάρ 2026 09:00:00 EET", "2026-március-05T09:00-1:00", "чт, 05 мар 2026 09:00:00 +0300",
    "５ Ｍａｒ ２０２６", "٠٥-٠٣-٢٠٢٦", "²⁰²⁶", "2026-03-05 09:00:00.0", "05/03/2026", "3/5/2026 9:00:00 AM", "2026/03/05", "05.03.26", "1772701200", "1772701200000", "1772701200.5",
    "-1772701200", "99999999999999999999", "0x69a94b50", "1e10", "NaN", "Infinity", "null", "None", "yesterday", "now", "{0}", "%s%n", "Date(1772701200000)", "/Date(1772701200000+0100)/", " ", "\u200b",
)  # fmt: skip
ADDRESSES = (
    "/a", "a b", "", " ", "#", "?", "..", "//paper.example/x", "http:", "http:///", "http://?", "http://#", "http://[", "http://]", "http://[::1]:x/", "http://[fe80::1%25eth0]/",
    "http://paper.example:port/", "http://paper.example:-1/", "http://paper.example:65536/", "http://user:p@ss@paper.example/", "HTTP://PAPER.EXAMPLE/A", "http:\\\\paper.example\\a",
    "http://xn--/", "http://xn--a-ecp.ru/", "http://é.example/é?é#é", "http://paper.example/%", "http://paper.example/%zz", "http://paper.example/%00", "http://paper.example/\ud7ff\uffff",
    "http://" + "a" * 300 + ".example/", "http://paper.example/" + "a" * 5000, "http://.", "http://..", "http://../", "http://-a.b-/", "http://1.1.1.1.1/", "http://0/", "http://１２７.0.0.1/",
    "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "tag:paper.example,2026:/a", "mailto:a@b.example", "feed:https://paper.example/f", "feed://paper.example/f", "about:blank", "ni:///sha-256;x",
    "https://paper.example/a\nb", "ht\ttps://paper.example", "https:paper.example", "javascript:void(0)", "data:,x", "http://[::ffff:1.2.3.4]/", "http://①.example/", "http://a\u202eb.example/", "http://[v1.x]/",
)  # fmt: skip
CHARSETS = (
    "utf-8", "UTF8", "utf-16", "utf-16le", "UTF-16BE", "utf-32", "ucs-2", "iso-10646-ucs-4", "us-ascii", "iso-8859-1", "iso-8859-8-i", "windows-1252", "x-sjis", "shift_jis", "euc-jp", "iso-2022-jp",
    "euc-kr", "gb2312", "gb18030", "big5", "hz", "koi8-u", "mac", "x-mac-roman", "ebcdic-cp-us", "cp037", "cp1026", "utf-7", "viscii", "tis-620", "utf-8-sig", "none", "", " ", "binary", "unknown",
    "punycode", "idna", "unicode_escape", "raw_unicode_escape", "rot13", "hex", "base64", "zlib", "bz2", "uu", "quopri", "undefined", "mbcs", "charmap", "palmos", "a" * 60, "utf-8;", "x-user-defined", "../utf_8",
)  # fmt: skip
SPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/", "dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/", "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/", "wfw": "http://wellformedweb.org/CommentAPI/", "itunes": "http://www.itunes.com/DTDs/Podcast-1.0.dtd", "media": "http://search.yahoo.com/mrss",
    "georss": "http://www.georss.org/georss", "gml": "http://www.opengis.net/gml", "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#", "thr": "http://purl.org/syndication/thread/1.0", "cc": "http://web.resource.org/cc/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule", "xhtml": "http://www.w3.org/1999/xhtml", "svg": "http://www.w3.org/2000/svg", "m": "http://www.w3.org/1998/Math/MathML",
    "app": "http://www.w3.org/2007/app", "psc": "http://podlove.org/simple-chapters", "podcast": "https://podcastindex.org/namespace/1.0", "feedburner": "http://rssnamespace.org/feedburner/ext/1.0", "l": "http://purl.org/rss/1.0/modules/link/",
    "admin": "http://webns.net/mvcb/", "co": "http://purl.org/rss/1.0/modules/company", "rss": "http://purl.org/rss/1.0/", "n": "", "xml": "http://www.w3.org/XML/1998/namespace", "xmlns": "http://www.w3.org/2000/xmlns/", "x": "urn:x",
}  # fmt: skip
EXTRAS = (
    "<dc:date>{d}</dc:date>", "<dcterms:created>{d}</dcterms:created>", "<dcterms:issued>{d}</dcterms:issued>", "<dcterms:modified>{d}</dcterms:modified>", "<expirationDate>{d}</expirationDate>", "<dcterms:valid>start={d};end={d}</dcterms:valid>",
    "<dc:creator>{t}</dc:creator>", "<dc:contributor/>", "<dc:subject>{t}</dc:subject>", "<dc:publisher>a@b.example ({t})</dc:publisher>", "<author>{t} &lt;a@b.example&gt;</author>", "<managingEditor>()</managingEditor>",
    "<slash:comments>{n}</slash:comments>", "<slash:hit_parade>1,,x</slash:hit_parade>", "<thr:total>{n}</thr:total>", "<thr:in-reply-to ref='{a}' href='{a}' type='x' source='{a}'/>", "<wfw:commentRss>{a}</wfw:commentRss>",
    "<itunes:duration>{d}</itunes:duration>", "<itunes:explicit>perhaps</itunes:explicit>", "<itunes:image href='{a}'/>", "<itunes:category text='{t}'><itunes:category text=''/></itunes:category>", "<itunes:keywords>{t},,{t}</itunes:keywords>",
    "<itunes:order>{n}</itunes:order>", "<itunes:owner><itunes:name>{t}</itunes:name><itunes:email/></itunes:owner>", "<media:group><media:content url='{a}' duration='x'/><media:rating/><media:credit role='{t}'>{t}</media:credit></media:group>",
    "<media:thumbnail/>", "<media:thumbnail url='{a}'/><media:title type='x'>{t}</media:title>", "<media:restriction relationship='allow'>{t}</media:restriction>", "<media:license/>", "<media:player/>", "<media:player url=''>{t}</media:player>",
    "<media:community><media:starRating average='x' count='{n}'/><media:statistics views='{n}'/><media:tags>{t}:{n}, ,</media:tags></media:community>", "<georss:point>{n} {n}</georss:point>", "<georss:line>1 2 3</georss:line>",
    "<georss:polygon/>", "<georss:box>1 2 3 4 5</georss:box>", "<georss:where><gml:Point srsName='x'><gml:pos>{n}</gml:pos></gml:Point></georss:where>", "<georss:where><gml:LineString srsDimension='0'><gml:posList>1 2 3 4</gml:posList></gml:LineString></georss:where>",
    "<georss:where><gml:Polygon srsDimension='{n}'><gml:exterior><gml:LinearRing><gml:posList>{t}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></georss:where>", "<gml:Envelope><gml:lowerCorner/></gml:Envelope>", "<geo:lat>{n}</geo:lat><geo:long/>",
    "<cc:license rdf:resource='{a}'/>", "<creativeCommons:license>{a}</creativeCommons:license>", "<psc:chapters version='x'><psc:chapter start='{d}' title='{t}'/><psc:chapter start='1:2:3:4'/></psc:chapters>", "<podcast:transcript url='{a}' type='text/vtt'/>",
    "<podcast:person href='{a}'>{t}</podcast:person>", "<feedburner:origLink>{a}</feedburner:origLink>", "<l:link rdf:resource='{a}' l:rel='' l:type='x'/>", "<enclosure/>", "<enclosure url='{a}' length='{n}' type='{t}'/>", "<enclosure url=''/>", "<source url='{a}'>{t}</source>",
    "<source/>", "<source><title>{t}</title><updated>{d}</updated><author><name/></author><link href='{a}'/></source>", "<category domain='{a}'>{t}</category>", "<category term='{t}' scheme='{a}' label=''/>", "<category/>", "<categories><category>{t}</category></categories>",
    "<guid isPermaLink='TRUE'>{a}</guid>", "<guid isPermaLink=''/>", "<guid>{a}</guid><guid>{a}</guid>", "<comments>{a}</comments>", "<xhtml:body><xhtml:p>{t}</xhtml:p></xhtml:body>", "<body xmlns='http://www.w3.org/1999/xhtml'><p>{t}</p></body>",
    "<content:items><rdf:Bag><rdf:li><content:item><rdf:value>{t}</rdf:value></content:item></rdf:li></rdf:Bag></content:items>", "<content:encoded/>", "<content:encoded><![CDATA[{t}]]><![CDATA[{t}]]></content:encoded>", "<content:encoded><p>{t}</p></content:encoded>",
    "<fullitem>{t}</fullitem>", "<description><![CDATA[<![CDATA[{t}]]]]><![CDATA[>]]></description>", "<description xml:base='{a}'>&lt;img src='{a}'&gt;</description>", "<description type='x' mode='base64'>PGI+{t}</description>", "<prodlink>{a}</prodlink>",
    "<abstract>{t}</abstract>", "<tagline mode='escaped'>{t}</tagline>", "<info type='application/xhtml+xml' mode='xml'><div xmlns='http://www.w3.org/1999/xhtml'>{t}<br/></div></info>", "<content type='image/png' mode='base64'>iVBORw0KGgo={t}</content>",
    "<content type='multipart/alternative'><content type='text/plain'>{t}</content><content type='text/html' mode='escaped'>&lt;p&gt;</content></content>", "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><svg xmlns='http://www.w3.org/2000/svg'><a xlink:href='{a}'/></svg></div></content>",
    "<content type='application/xml'><x xmlns='urn:x'><item><title>{t}</title></item></x></content>", "<content type='text/html' src='{a}'/>", "<link/>", "<link href='{a}'/>", "<link rel='{a}' href='{a}' hreflang='' length='x'/>", "<link>{a}</link><link>{a}</link>",
    "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{a}'/>", "<app:control><app:draft>maybe</app:draft></app:control>", "<rating/>", "<newlocation>{a}</newlocation>", "<generator uri='{a}' version=''/>", "<admin:generatorAgent rdf:resource='{a}'/>",
    "<image><url>{a}</url><title/><link/><width>x</width></image>", "<textInput><name/></textInput>", "<cloud domain='' port='x'/>", "<skipHours><hour>25</hour></skipHours>", "<ttl>{n}</ttl>", "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>{n}</sy:updateFrequency>",
    "<nothing:at-all/>", "<a:b xmlns:a='{a}' a:c='d' c='d'/>", "<item/>", "<entry/>", "<title/>", "<title>{t}</title><title>{t}</title>", "<title type='xhtml'>{t}</title>", "<id/>", "<language>{t}</language>", "<dc:language/>", "<!-- -- -->", "<?php echo 1 ?>", "<xi:include href='{a}'/>",
    "<published>{d}</published>", "<updated>{d}</updated>", "<issued>{d}</issued><modified>{d}</modified><created>{d}</created>", "<pubdate>{d}</pubdate>", "<PUBDATE>{d}</PUBDATE>", "<pubDate/>", "<lastBuildDate>{d}</lastBuildDate>",
)  # fmt: skip
NUMBERS = ("0", "-1", "1e9", "9" * 400, "x", "", "1.5", "NaN", "٣", "²", "0x10", "1,000", " 5 ")


def text(r: random.Random) -> str:
    """Some words, some of them markup."""
    return " ".join(r.choice(WORDS) for _ in range(r.randint(0, 25)))


def _extras(r: random.Random, most: int = 6) -> str:
    out = []
    for template in r.choices(EXTRAS, k=r.randint(0, most)):
        filled = template
        for key, values in (("{d}", DATES), ("{a}", ADDRESSES), ("{n}", NUMBERS)):
            while key in filled:
                filled = filled.replace(key, r.choice(values).replace("'", ""), 1)
        while "{t}" in filled:
            filled = filled.replace("{t}", text(r), 1)
        out.append(filled)
    return "".join(out)


def _spaces(r: random.Random) -> str:
    """Declarations of most of the prefixes, some wrong, some twice."""
    found = []
    for prefix, address in SPACES.items():
        chance = r.random()
        if chance < 0.75:
            found.append(f'xmlns:{prefix}="{address}"')
        elif chance < 0.8:
            found.append(f'xmlns:{prefix}="{r.choice(list(SPACES.values()))}"')
    if r.random() < 0.1:
        found += found[:2]
    return " ".join(found) + ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def _head(r: random.Random) -> str:
    """What stands before the root."""
    charset = r.choice(CHARSETS) if r.random() < 0.4 else "utf-8"
    return r.choice([
        "", f'<?xml version="1.0" encoding="{charset}"?>', f"<?xml version='1.0' encoding='{charset}' standalone='no' ?>\n", '<?xml version="1.1"?>', '<?xml version="9.9" encoding="utf-8"?>', f'\n\n <?xml version="1.0" encoding="{charset}"?>',
        "<br />\n<b>Warning</b>: Cannot modify header information in <b>/x.php</b> on line <b>3</b><br />\n<?xml version='1.0'?>", '<?xml version="1.0"?>\n<?xml-stylesheet href="http://[" type="text/xsl"?>\n<!-- <html> <rss> -->\n',
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">', '<!DOCTYPE rss [<!ENTITY nbsp "&#160;"><!ENTITY kelby SYSTEM "file:///etc/passwd">%x;]>',
        '<!DOCTYPE rss [<!ENTITY % p "<!ENTITY q \'v\'>"> %p; <!ATTLIST item a CDATA "b">]>', "<!DOCTYPE", "<!DOCTYPE html>", "<?xml", "<?xml ?>", "<?xml version='1.0' encoding=utf-8?>", "\ufeff", "\ufeff\ufeff", "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n",
    ])  # fmt: skip


def _rss(r: random.Random) -> str:
    """RSS 0.90 to 2.0 in their many hands."""
    version = r.choice(['version="0.91"', 'version="0.92"', 'version="0.93"', 'version="0.94"', 'version="2.0"', 'version="2.00"', 'version="2"', 'version="3.0"', "", 'version=""', "version=2.0", 'version="2.0" version="0.91"'])  # fmt: skip
    space = r.choice(["", "", "", 'xmlns="http://backend.userland.com/rss2"', 'xmlns="http://purl.org/rss/1.0/"', 'xmlns="http://www.w3.org/2005/Atom"', 'xmlns=""', 'xmlns="http://my.netscape.com/rdf/simple/0.9/"'])  # fmt: skip
    items = "".join(
        f"<item rdf:about='{r.choice(ADDRESSES)}'><title>{text(r)}</title><link>{r.choice(ADDRESSES)}</link><pubDate>{r.choice(DATES)}</pubDate>"
        f"<description>{text(r)}</description>{_extras(r)}</item>"
        for _ in range(r.randint(0, 5))
    )
    channel = f"<channel><title>{text(r)}</title><link>{r.choice(ADDRESSES)}</link>{_extras(r, 4)}"
    root, end = r.choice([("rss", "rss"), ("rss", "rss"), ("RSS", "RSS"), ("rdf:RDF", "rdf:RDF"), ("rss:rss", "rss:rss"), ("Channel", "Channel"), ("rss", "channel"), ("x", "x")])  # fmt: skip
    inside = r.choice([f"{channel}{items}</channel>", f"{channel}</channel>{items}", f"{channel}<items>{items}</items></channel>", f"{channel}</channel>{channel}{items}</channel>", items])  # fmt: skip
    made = f"<{root} {version} {space} {_spaces(r)}>{inside}</{end}>"
    return _head(r) + r.choice([made, made, made, made.upper(), made.replace("<item", "<rss:item").replace("</item", "</rss:item"), made.replace("><", ">\r<"), made.replace("<", "\x00<")])  # fmt: skip


def _atom(r: random.Random) -> str:
    """Atom 0.2 to 1.0, and an entry that stands alone."""
    space = r.choice(["http://www.w3.org/2005/Atom", "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "http://example.com/newformat#", "http://purl.org/net/rss1.1#", "HTTP://WWW.W3.ORG/2005/ATOM", "http://www.w3.org/2005/Atom#", ""])  # fmt: skip
    kinds = [
        "text",
        "html",
        "xhtml",
        "HTML",
        "text/plain",
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "application/octet-stream",
        "x",
        "",
    ]
    modes = ["", "mode='escaped'", "mode='base64'", "mode='xml'", "mode='x'"]

    def entry() -> str:
        return (
            f"<entry xml:base='{r.choice(ADDRESSES)}' xml:lang='{r.choice(['en', 'de', '', 'x', 'en_US', '-', 'é'])}'><id>{r.choice(ADDRESSES)}</id><title type='{r.choice(kinds)}' {r.choice(modes)}>{text(r)}</title>"
            f"<link rel='{r.choice(['alternate', 'self', 'enclosure', 'via', 'related', 'http://x', ''])}' type='{r.choice(kinds)}' href='{r.choice(ADDRESSES)}'/><updated>{r.choice(DATES)}</updated>"
            f"<content type='{r.choice(kinds)}' {r.choice(modes)}>{text(r)}</content><author><name>{text(r)}</name><uri>{r.choice(ADDRESSES)}</uri></author>{_extras(r)}</entry>"
        )

    if r.random() < 0.1:
        return _head(r) + entry().replace("<entry", f"<entry xmlns='{space}' {_spaces(r)}", 1)
    inside = "".join(entry() for _ in range(r.randint(0, 5)))
    made = f"<feed xmlns='{space}' {_spaces(r)} version='{r.choice(['0.2', '0.3', '1.0', 'x', ''])}' xml:base='{r.choice(ADDRESSES)}'><title>{text(r)}</title>{_extras(r, 4)}{inside}</feed>"
    prefixed = made.replace("<entry", "<atom:entry").replace("</entry", "</atom:entry").replace("<feed xmlns=", "<atom:feed xmlns:atom=").replace("</feed", "</atom:feed")  # fmt: skip
    return _head(r) + r.choice([made, made, made, prefixed, made + made, f"<html>{made}</html>", f"<soap:Envelope><soap:Body>{made}</soap:Body></soap:Envelope>"])  # fmt: skip


def _cdf(r: random.Random) -> str:
    """Microsoft's Channel Definition Format, microformats, outlines, and other lists of links that pass for feeds."""
    cdf = "".join(
        f'<ITEM HREF="{r.choice(ADDRESSES)}" LASTMOD="{r.choice(DATES)}"><TITLE>{text(r)}</TITLE><ABSTRACT>{text(r)}</ABSTRACT>{_extras(r, 2)}</ITEM>'
        for _ in range(3)
    )
    outline = "".join(
        f"<outline text='{text(r).replace('<', '')}' type='rss' xmlUrl='{r.choice(ADDRESSES)}'/>" for _ in range(3)
    )
    entry = f"<div class='hentry'><h2 class='entry-title'>{text(r)}</h2><abbr class='published' title='{r.choice(DATES)}'/></div>"
    return _head(r) + r.choice([
        f'<CHANNEL HREF="{r.choice(ADDRESSES)}" BASE="{r.choice(ADDRESSES)}"><TITLE>{text(r)}</TITLE>{cdf}</CHANNEL>', f"<channel>{cdf.lower()}</channel>", f"<opml version='x'><head/><body>{outline}</body></opml>", f"<opml><body>{outline * 3}",
        f"<html xmlns='http://www.w3.org/1999/xhtml'><body class='hfeed'>{entry * 3}</body></html>", f"<service xmlns='http://www.w3.org/2007/app'><workspace><collection href='{r.choice(ADDRESSES)}'/></workspace></service>",
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{r.choice(ADDRESSES)}</loc><lastmod>{r.choice(DATES)}</lastmod></url></urlset>", "<kml><Placemark/></kml>", f"<xml>{text(r)}</xml>", f"<wddxPacket>{text(r)}</wddxPacket>",
        "<error><code>AccessDenied</code></error>", f"<rss/>{text(r)}", "<feed/>", "<feed xmlns='http://www.w3.org/2005/Atom'/>", "<rss version='2.0'><channel/></rss>", "<rdf:RDF/>", "<rss version='2.0'></rss>", "<channel/>", "<item/>", "<rss", "<feed",
    ])  # fmt: skip


def _json(r: random.Random) -> str:
    """JSON Feed as it should not be."""

    def value(depth: int = 0) -> object:
        simple: list[object] = [
            None, True, False, 0, -1, 1.5, 10**400, 1e308, "", " ", text(r), r.choice(DATES), r.choice(ADDRESSES), "\ud800", "\u0000", "\u202e", "a" * 20_000,
        ]  # fmt: skip
        if depth < 4 and r.random() < 0.25:
            return r.choice(
                [
                    [value(depth + 1)],
                    [value(depth + 1)] * 3,
                    {"name": value(depth + 1), "url": value(depth + 1)},
                    [[]],
                    {},
                    [],
                ]
            )
        return r.choice(simple)

    names = ("id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image", "date_published", "date_modified",
             "author", "authors", "tags", "language", "attachments", "_x", "")  # fmt: skip
    items: object = [
        {name: value() for name in names if r.random() < 0.7} if r.random() < 0.9 else value()
        for _ in range(r.randint(0, 5))
    ]
    items = r.choice([items] * 8 + [None, {}, "items", 7, {"0": items}, [items], [[items]], [None, True, "x"]])
    version: object = r.choice(["https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1.1/", "1.1", 1.1, None, [], "https://jsonfeed.org/version/9"])  # fmt: skip
    record = {"version": version, "items": items} | {name: value() for name in ("title", "home_page_url", "feed_url", "description", "icon", "author", "authors", "language", "expired", "hubs", "next_url") if r.random() < 0.6}  # fmt: skip
    made = json.dumps(record, ensure_ascii=r.random() < 0.5)
    return r.choice([
        made, made, made, made, "\ufeff" + made, f"[{made}]", f"callback({made});", made + made, made[:-1] + ",}", made.replace('"', "'"), "// feed\n" + made, f"/**/{made}", made.replace("null", "NaN"), made.replace("true", "Infinity"),
        made.replace("[]", "[" * 3000), made.replace("{}", '{"a":' * 3000), '{"version":"https://jsonfeed.org/version/1.1","items":' + "[" * r.choice([10, 990, 5000]), '{"rss":{"channel":{"item":[]}}}', "{}", "[]", "null", "0", '""', "{", '{"', "{]",
        '{"version":"https://jsonfeed.org/version/1.1","items":[{"id":' + "9" * r.choice([5000, 50_000]) + "}]}", '{"version":"https://jsonfeed.org/version/1.1","items":[],"items":null}', made.replace(": ", ":\t\r\n\x0b"), made.replace('"', "“"), json.dumps(made),
    ])  # fmt: skip


def _heavy(r: random.Random) -> str:
    """Markup whose size or shape is the attack; small enough to try many."""
    n = r.choice([50, 500, 5000, 20_000])
    laughs = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
    inside = r.choice([
        "<b>" * n, "&lt;b&gt;" * n, "<div>" * n + "</div>" * n, "<![CDATA[" * n, "]]>" * n, "<!--" * n, "-->" * n, "<?x " * n, "&" * n, "&#" * n, "&#x" + "F" * n + ";", "&" + "a" * n + ";", "<" * n, "<a " + "b" * n + "='c'>", "<a " + "b='c' " * n + ">",
        "<a href='" + "x" * n + "'>", "<a xmlns:b='c'>" * n, " ".join(f"xmlns:n{k}='u{k}'" for k in range(min(n, 2000))).join(["<a ", "/>"]), "<item>" * n, "<entry><source>" * n, "<title>" * n, "<media:group>" * n, "\n" * n, "\r" * n, "\u2028" * n,
        "<img src='data:image/png;base64," + "A" * n + "'>", "&lt;img src=x" * n, "'" * n, "\"" * n, "=" * n, "<content type='xhtml'>" * n, "<p style='" + "(" * n + "'>", "<table>" * n, "<a href=http://[>" * min(n, 500), "&l9;", "&lt;!--" * n, "<script>" * n, "&lt;a href=" * n,
        "<category term='a'/>" * n, "<author><name>x</name></author>" * n, "<link href='/a'/>" * n, "<enclosure url='/a'/>" * n, "<dc:creator>a</dc:creator>" * n, "<guid>a</guid>" * n,
    ])  # fmt: skip
    where = r.choice(["description", "title", "content:encoded", "pubDate", "link", "author", "guid", "category"])
    head = r.choice(
        ["", "", f'<!DOCTYPE rss [<!ENTITY l0 "lol">{laughs}]>', f'<!DOCTYPE rss [<!ENTITY a "{"a" * n}">]>']
    )
    close = r.choice([f"</{where}></item></channel></rss>", "", "</rss>"])
    return (
        f"{head}<rss version='2.0' {_spaces(r)}><channel><item><title>A</title><link>/a</link><{where}>{inside}{close}"
    )


def raw(r: random.Random) -> bytes:
    """What is no text at all, or text in bytes that do not fit it."""
    made = _rss(r) if r.random() < 0.5 else _atom(r)
    noise = bytes(r.randrange(256) for _ in range(r.choice([1, 10, 3000])))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("feed.xml", made)
    coded = r.choice(["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp037", "cp500", "cp1026", "utf-7", "iso2022_jp", "hz", "shift_jis", "euc_kr", "gb18030", "big5", "cp1251", "koi8-r", "mac_roman"])  # fmt: skip
    body = made.encode(coded, "replace")
    utf8 = made.encode("utf-8", "replace")
    return r.choice([
        b"", b" \r\n\t", b"\x00" * 100, b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xff\xfe\x00\x00", b"\xef\xbb\xbf \n", noise, gzip.compress(utf8), zlib.compress(utf8), bz2.compress(utf8), packed.getvalue(), b"%PDF-1.7\n" + noise,
        b"\x89PNG\r\n\x1a\n" + noise, b"\xff\xd8\xff\xe0" + noise, b"ID3\x03" + noise, b"\x7fELF" + noise, b"{\\rtf1 " + noise, b"\xd0\xcf\x11\xe0" + noise, body, body, body, body, body, body, body[: r.randrange(len(body) + 1)], body[1:], body + utf8, utf8 + body, utf8 + noise,
        b"\xef\xbb\xbf" + utf8, b"\xef\xbb\xbf" + body, b"\xff\xfe" + utf8, b"\xfe\xff" + body, utf8[:50] + b"\xef\xbb\xbf" + utf8[50:], utf8.replace(b"<t", b"\xc0\xbct"), utf8.replace(b" ", b"\xa0"), utf8.replace(b"e", b"\xed\xa0\x80"), utf8.replace(b"o", b"\x80\x93\xff"),
        utf8.replace(b"</", b"</\x00"), b"+ADw-rss+AD4-" + utf8, utf8.decode("latin-1").encode("utf-8"), b"plain words, no feed", b"<!doctype html><title>x</title>", b"<html><body>404", b"body { color: red }", b"#!/bin/sh\nrm -rf /", b"BEGIN:VCALENDAR\nEND:VCALENDAR", b"From: a@b\n\nx",
    ])  # fmt: skip


KINDS: dict[str, Callable[[random.Random], str]] = {
    "rss dialects": _rss, "atom dialects": _atom, "cdf and lists": _cdf, "odd json": _json, "heavy": _heavy,
}  # fmt: skip
