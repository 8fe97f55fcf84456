"""Headlines that break things, made here: controls, directions, half characters, headers, markup, endless ones."""

from __future__ import annotations

import itertools
import unicodedata

_SEEDS = ("Bridge opens", "Elveda Kelby", "桥梁开通", "Мост открыт", "الجسر يفتح", "गिरना पुल", "😀 Fête")

_SIGNS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
_DIRECTIONS = [chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]
_BLANKS = [chr(code) for code in (0x00A0, 0x1680, *range(0x2000, 0x200C), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)]
_INVISIBLE = [chr(code) for code in (0x00AD, 0x034F, 0x115F, 0x180E, 0x200C, 0x200D, 0x2060, 0x2063, 0xFEFF, 0xFFF9)]
_HALVES = ["\ud800", "\udbff", "\udc00", "\udfff", "\ud83d", "\ude00", "\ude00\ud83d", "\udcff"]
_NOTHING = ["\ufffe", "\uffff", "\ufdd0", "\ufdef", "\U0001fffe", "\U0010ffff", "\U000e0041\U000e007f", "\ue000"]

_BREAKS = (
    "\r\n",
    "\n",
    "\r",
    "\x0b",
    "\x0c",
    "\x85",
    "\u2028",
    "\u2029",
    "\r\n ",
    "\n\t",
    "%0d%0a",
    "\\r\\n",
    "\x00\n",
)
_HEADERS = (
    "Bcc: everyone@example.org", "To: other@example.org", "X-Planted: yes", "Content-Type: text/html",
    "Subject: another", "From: bank@example.org", "Reply-To: thief@example.org", "\r\nThe body begins here",
    "MIME-Version: 2.0", "Received: from nowhere", ".\r\nQUIT\r\n", "DATA\r\n", ": no name", "=?utf-8?q?X=0D=0AX-P:_1?=",
    "=?utf-8?b?DQpYLVBsYW50ZWQ6IHllcw==?=", "=?iso-2022-jp?B?GyRCGyhC?=", "=?utf-8?q?=00?=", "=?x?y?z?=",
)  # fmt: skip
_MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "\"><script>1</script>",
    "'-alert(1)-'", "<a href='javascript:alert(1)'>x</a>", "<!-- ", "-->", "<![CDATA[", "]]>", "<?xml version='1.0'?>",
    "</title><script>1</script>", "</style><b>", "<base href='http://example.org'>", "&lt;b&gt;", "&#0;", "&#xD800;",
    "&unknown;", "<plaintext>", "<textarea>", "<iframe src='//example.org'>", "<math><mi//xlink:href='data:x'>",
    "<meta http-equiv=refresh content=0>", "<link rel=stylesheet href=//example.org>", "<style>@import '//x'</style>",
    "<form action=//example.org><input>", "<video src=//example.org>", "<object data=//example.org>", "<!doctype x>",
)  # fmt: skip
_TEMPLATES = (
    "{{ 7*7 }}", "{% raw %}", "{% include 'x' %}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7 %>", "%s%n%x", "{0}",
    "{title.__class__}", "$(reboot)", "`reboot`", "; rm -rf /", "| cat", "&& true", "../../etc/passwd", "C:\\nul",
    "CON", "nul.txt", ".", "..", "~", "-rf", "--help", "' OR 1=1 --", "'; DROP TABLE editions; --", "\\", "\\u0000",
)  # fmt: skip
_MARKDOWN = (
    "# heading", "* list", "- list", "1. list", "> quote", "```", "    code", "[x](javascript:alert(1))", "![x](//y)",
    "***", "---", "===", "| a | b |", "<http://x>", "_em_", "**bold**", "~~gone~~", "[[link]]", "((block))", "#tag",
    "title:: planted", "{{embed}}", "---\ntitle: planted\n---", "- [ ] task", "\\[", "$$x$$", "%%hidden%%", "^anchor",
    "@everyone", "@here look", "<!channel>", "<@U123>", "<#C1|x>", "/me waves", ":smile:",
)  # fmt: skip
_WORDS = ("null", "None", "undefined", "true", "NaN", "1e309", "-0", "0x0", "½", "١٢٣", "İi", "ß", "ﬃ", "Å", "nan", "")


def titles() -> list[str]:
    """All of them, each once; more than 515."""
    marks = [*_SIGNS, *_DIRECTIONS, *_BLANKS, *_INVISIBLE, *_HALVES, *_NOTHING]
    out = [f"Bridge{mark}opens{mark}" for mark in marks] + [f"{mark}{seed}" for mark in _DIRECTIONS for seed in _SEEDS]
    out += [f"Bridge opens{gap}{header}" for gap, header in itertools.product(_BREAKS, _HEADERS)]
    out += [f"{seed} {markup}" for seed, markup in itertools.product(_SEEDS[:2], _MARKUP)]
    out += [*_TEMPLATES, *_MARKDOWN, *_WORDS]
    out += [seed * times for seed in _SEEDS for times in (20, 300, 5000)]
    out += ["x" * 100_000, "é" * 5000, "a\u0301" * 3000, "Z" + "\u0300\u0323" * 400 + "algo", "\u202e" * 500 + "end"]
    out += [
        " " * 2000 + "blanks",
        "\t" * 999,
        "line\n" * 500,
        "=?utf-8?q?" * 50,
        '"' * 70,
        "<" * 70,
        ">" * 70,
        "&" * 70,
    ]
    out += [unicodedata.normalize("NFD", seed) for seed in _SEEDS] + [seed[::-1] for seed in _SEEDS]
    return list(dict.fromkeys(out))
