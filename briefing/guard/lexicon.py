"""English as the checks need it: stems, opposites, negators, verbs of saying, names that mean the same. Pure.

Lists, not models: each entry can be read and argued with. Word forms are reduced to stems (`stem`), which is cruder
than a lemma and needs no tagger: what matters is only that forms of one word meet.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = [
    "ALIASES", "COMMON", "CONTESTED", "DENIALS", "MONTHS", "NEGATORS", "OPPOSITES", "REPORTING", "ROLES", "WEEKDAYS", "plain",
    "stem", "stems",
]  # fmt: skip

_IRREGULAR = """
be: am is are was were been being 's 're 'm|have: has had having 've|do: does did done doing|say: said says|tell: told|win: won
lose: lost|rise: rose risen|fall: fell fallen|begin: began begun|leave: left|buy: bought|sell: sold|shrink: shrank shrunk
spend: spent|forbid: forbade forbidden|grow: grew grown|forget: forgot forgotten|lend: lent|go: went gone|come: came
take: took taken|make: made|get: got gotten|give: gave given|find: found|know: knew known|see: saw seen|think: thought
become: became|show: shown|feel: felt|bring: brought|keep: kept|hold: held|write: wrote written|stand: stood|hear: heard
mean: meant|meet: met|run: ran|pay: paid|sit: sat|speak: spoke spoken|lead: led|send: sent|build: built|draw: drew drawn
break: broke broken|catch: caught|drive: drove driven|throw: threw thrown|fly: flew flown|teach: taught|strike: struck
shoot: shot|fight: fought|seek: sought|choose: chose chosen|wear: wore worn|hide: hid hidden|steal: stole stolen
beat: beaten|eat: ate eaten|drink: drank drunk|sing: sang sung|swim: swam swum|wake: woke woken|sleep: slept|deal: dealt
understand: understood|undergo: underwent undergone|overcome: overcame|withdraw: withdrew withdrawn|shake: shook shaken
bear: bore borne|bite: bit bitten|blow: blew blown|dig: dug|feed: fed|flee: fled|hang: hung hanged|lay: laid|ride: rode ridden
ring: rang rung|sink: sank sunk|slide: slid|swear: swore sworn|sweep: swept|swing: swung|tear: tore torn|arise: arose arisen
freeze: froze frozen|stick: stuck|spring: sprang sprung|lie: lied lay lain|bind: bound|bleed: bled|breed: bred|cling: clung
creep: crept|dwell: dwelt|grind: ground|kneel: knelt|leap: leapt|learn: learnt|light: lit|mistake: mistook mistaken|prove: proven
seize: seized|slay: slew slain|spin: spun|split: split|strive: strove striven|weave: wove woven|weep: wept|wind: wound
man: men|woman: women|child: children|person: people persons|foot: feet|tooth: teeth|mouse: mice|life: lives|wife: wives|half: halves
good: better best|bad: worse worst|little: less least|much: more most|many: |far: further furthest farther
i: me my mine|he: him his|she: her hers|they: them their theirs|we: us our ours|it: its|who: whom whose|n't: n’t|not: nt
use: used using uses|agree: agreed agrees|disagree: disagreed disagrees|free: freed frees|see: sees seeing|guarantee: guaranteed
die: dying died death deaths dead|analysis: analyses|crisis: crises|will: 'll wo|can: ca|police: policeman policemen officer officers
"""


def _irregular() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in _IRREGULAR.replace("\n", "|").split("|"):
        base, _, forms = entry.partition(":")
        for form in forms.split():
            found.setdefault(form, base.strip())
    # Their stems would meet others'.
    del (
        found["better"],
        found["best"],
        found["worse"],
        found["worst"],
        found["less"],
        found["least"],
        found["more"],
        found["most"],
    )
    del found["officer"], found["officers"]
    return found


_FORMS = _irregular()


@cache
def stem(word: str) -> str:
    """What the forms of a word share: "rising", "rises" and "rose" → "ris".

    >>> {stem(word) for word in ("rise", "rises", "rising", "rose")}, stem("stopped") == stem("stop")
    ({'ris'}, True)
    >>> stem("carries") == stem("carried"), stem("Anna's"), stem("news")
    (True, 'anna', 'news')
    """
    low = word.casefold().replace("’", "'")
    if low.endswith(("'s", "s'")) and len(low) > 3:
        low = low[:-2] if low.endswith("'s") else low[:-1]
    if re.fullmatch(r"(?:\w\.)+\w?", low):
        return low.replace(".", "")
    low = _FORMS.get(low, low)
    if len(low) < 4 or not low.isalpha() or low in ("news", "does", "this", "gas", "bus", "his"):
        return low
    for ending, put in (
        ("ies", "y"),
        ("ied", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
        ("zzes", "zz"),
    ):
        if low.endswith(ending) and len(low) > len(ending) + 1:
            return low[: -len(ending)] + put
    for ending in ("ing", "ed", "s"):
        left = low[: -len(ending)]
        if (
            low.endswith(ending)
            and len(left) > 2
            and re.search(r"[aeiouy]", left)
            and not (ending == "s" and left[-1] in "sui")
        ):
            low = left
            if ending != "s" and len(low) > 3 and low[-1] == low[-2] and low[-1] not in "sl":
                low = low[:-1]
            break
    if low.endswith("e") and len(low) > 3:
        low = low[:-1]
    if low.endswith("ll") and len(low) > 4:
        low = low[:-1]
    return low


def plain(text: str) -> frozenset[str]:
    """A set of words from a line of them."""
    return frozenset(text.split())


def stems(text: str) -> frozenset[str]:
    """A set of stems from a line of words."""
    return frozenset(stem(word) for word in text.split())


COMMON = plain(
    "a an the this that these those and or but nor so yet of to in on at by for from with into onto upon as than then there here it its he him his she "
    "her they them their we us our you your i me my who whom whose which what when where why how be is are was were been being am do does did done have "
    "has had having will would shall should can could may might must not no n't 's also just very too more most some any all both each other others "
    "such own same about after before over under again up down out off while during because if though although since until between through against "
    "among per via amid toward towards said says say one ones"
)
"""Words that say nothing of what a sentence is about."""

NEGATORS = plain(
    "not n't n’t nt no never none nobody nothing nowhere neither nor without cannot hardly barely scarcely"
)
DENIALS = stems(
    "deny fail refuse reject dismiss decline unable lack absent stop prevent avoid dispute doubt unlikely rule without "
    "miss halt cancel cease block ban forbid quit reverse overturn scrap drop oppose impossible unclear unknown unaware unhurt "
    "unharmed false wrong incorrect myth rumor few little rare seldom against contrary instead except exclude wrongly innocent "
    "uninjured unsuccessful unsuccessfully void zero free clear immune resist forgo abandon withdraw suspend anything anyone "
    "longer unconfirmed disagree discourage inability failure denial refusal stay remain unchanged "
    "least missing insufficient illegal unlawful invalid skip neglect omit unlike "
    "controversy question sceptical skeptical denial"
)
"""Words that can make a sentence say "not" without the word."""

_OPPOSITES = """
increase decrease decline fall drop reduce cut|raise lower cut reduce drop|gain lose|win lose|rise fall drop decline decrease sink plunge slump|accept reject refuse decline
approve reject oppose disapprove veto|support oppose reject attack condemn criticize criticise|back oppose reject|praise criticize criticise condemn blame slam|begin end finish stop cease conclude|start end finish stop cease
open close shut|arrive leave depart|enter leave exit|buy sell|strengthen weaken|improve worsen deteriorate|expand shrink contract|save spend waste|succeed fail
attack defend|allow forbid ban prohibit block prevent|hire fire dismiss sack|grow shrink decline|remember forget|love hate|push pull|include exclude|agree disagree refuse
climb drop fall|resurgence decline decrease fall|revival decline|soar plunge fall tumble|surge slump fall plunge|jump tumble fall drop|widen narrow|speed slow|accelerate slow|welcome condemn reject criticize|lend borrow|confirm deny|admit deny|acknowledge deny
more fewer less|higher lower|larger smaller|bigger smaller|better worse|stronger weaker|older younger|earlier later|faster slower|longer shorter|richer poorer|upper lower
most least fewest|highest lowest|largest smallest|biggest smallest|best worst|oldest youngest|fastest slowest|longest shortest|strongest weakest|first last|high low|strong weak|hot cold|warm cold cool
guilty innocent|alive dead die|safe dangerous unsafe|legal illegal|public private|rich poor|positive negative|male female|likely unlikely|successful unsuccessful|northern southern|eastern western
foreign domestic|former current|possible impossible|increase decrease|victory defeat loss|win loss defeat|success failure|majority minority|support opposition|growth decline|gain loss|profit loss
ally enemy rival|friend enemy rival|north south|east west|surplus deficit|arrival departure|beginning end|top bottom|before after|above below|over under|inside outside|early late|up down|convict acquit clear
conviction acquittal|lead trail|ahead behind|advance retreat|import export|left right|husband wife|son daughter|father mother|brother sister|boy girl|man woman|king queen|uncle aunt
live die|survive die|release jail imprison detain arrest hold|free jail imprison detain|hit miss|pass fail|permit ban forbid|lift impose|attend miss skip|join leave quit|lengthen shorten|build demolish destroy
create destroy|employ sack|promote demote|upgrade downgrade|optimistic pessimistic|unite divide|connect disconnect|appear disappear vanish|discover hide|reveal hide conceal|prove disprove|love hate|encourage discourage
encouraging discouraging|able unable|clear unclear|common rare uncommon|cheap expensive|easy difficult hard|heavy light|wide narrow|deep shallow|thick thin|full empty|major minor|maximum minimum|many few|much little
liberal conservative|left-wing right-wing|peace war|healthy sick ill|married divorced|marry divorce|hope fear|hopeful fearful|tighten loosen ease|ease tighten worsen|deploy withdraw|invade withdraw|send withdraw receive|give take receive|teach learn
victim perpetrator attacker|winner loser|buyer seller|employer employee|parent child|teacher student|guest host|plaintiff defendant|defendant plaintiff|prosecution defense defence|always never|everyone nobody|everything nothing|all none
thousand hundred|present absent|present past|future past|ascend descend|inflate deflate|true false|right wrong|correct incorrect|same different|similar different|temporary permanent|partial full|direct indirect|voluntary mandatory compulsory|with without
deteriorate improve|fail manage succeed|refuse agree accept|deny confirm admit acknowledge|reject embrace|oust install|lost found|recover worsen|abandon keep|defuse escalate|de-escalate escalate|cancel confirm|delay hasten|beneficial harmful|popular unpopular|lawful unlawful|secure insecure|known unknown|formal informal|stable unstable|fair unfair|happy unhappy sad|honest dishonest|responsible irresponsible
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for entry in _OPPOSITES.replace("\n", "|").split("|"):
        if entry.strip():
            first, *rest = (stem(word) for word in entry.split())
            for other in rest:
                found.setdefault(first, set()).add(other)
                found.setdefault(other, set()).add(first)
    return {word: frozenset(others - {word}) for word, others in found.items()}


OPPOSITES = _opposites()
"""Stem → stems of words that say the contrary."""

REPORTING = stems(
    "say tell add write claim argue insist warn deny announce report explain believe allege state suggest acknowledge confirm note "
    "tweet assert maintain contend declare predict reply respond comment remark complain testify admit concede reveal think feel fear hope "
    "expect estimate accuse describe call quote recall stress urge vow promise pledge indicate conclude caution boast joke speculate "
    "according statement spokesman spokeswoman spokesperson quip opine post voice express hear learn consider suspect"
)
"""Words that tell who says or thinks something."""

CONTESTED = stems(
    "claim allege argue insist deny accuse believe suggest think feel fear hope predict warn contend assert maintain complain "
    "expect speculate suspect describe call blame boast vow promise caution"
)
"""Verbs of saying under which a clause is an opinion, a forecast or a charge, never a plain report."""

ROLES = stems(
    "president minister chancellor premier senator governor mayor king queen prince princess pope bishop judge justice secretary "
    "ambassador director chairman chairwoman chairperson chief commissioner coach manager captain striker goalkeeper midfielder defender "
    "ceo founder cofounder editor professor doctor lawyer attorney prosecutor sheriff general commander spokesman spokeswoman spokesperson "
    "leader actor actress singer author director congressman congresswoman lawmaker representative pilot officer detective teacher "
    "husband wife father mother son daughter brother sister widow suspect victim gunman candidate speaker treasurer dean principal "
    "champion analyst economist scientist astronaut"
)
"""Offices, trades and kin that stand beside a name."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip

_ALIASES = """
us|u.s|u.s.|usa|u.s.a|united states|america|american|americans|united states of america|washington|white house|states|uncle sam|stateside
uk|u.k|u.k.|britain|great britain|united kingdom|british|briton|britons|england|english|brit|brits|englishman
eu|e.u|european union|europe|european|europeans|brussels
un|u.n|u.n.|united nations
uae|united arab emirates|emirati|emirates
china|chinese|beijing|prc|russia_|taiwan_
russia|russian|russians|moscow|kremlin
france|french|paris|frenchman
germany|german|germans|berlin
spain|spanish|madrid|spaniard
italy|italian|italians|rome
japan|japanese|tokyo
india|indian|indians|delhi|new delhi
pakistan|pakistani|pakistanis|islamabad
iran|iranian|iranians|tehran
iraq|iraqi|iraqis|baghdad
israel|israeli|israelis|jerusalem|tel aviv
palestine|palestinian|palestinians|gaza|palestinian authority
syria|syrian|syrians|damascus
turkey|turkish|turk|turks|ankara
egypt|egyptian|egyptians|cairo
saudi arabia|saudi|saudis|riyadh|saudi arabian
north korea|north korean|north koreans|pyongyang|dprk
south korea|south korean|south koreans|seoul
australia|australian|australians|canberra|aussie
canada|canadian|canadians|ottawa
mexico|mexican|mexicans
brazil|brazilian|brazilians
argentina|argentine|argentinian|argentines
ukraine|ukrainian|ukrainians|kiev|kyiv
poland|polish|pole|poles|warsaw
greece|greek|greeks|athens
netherlands|dutch|holland|the hague
sweden|swedish|swede|swedes
norway|norwegian|norwegians
denmark|danish|dane|danes
finland|finnish|finn|finns
switzerland|swiss
ireland|irish|dublin|irishman
scotland|scottish|scot|scots
wales|welsh|welshman
portugal|portuguese
belgium|belgian|belgians
austria|austrian|austrians
nigeria|nigerian|nigerians
kenya|kenyan|kenyans
south africa|south african|south africans
somalia|somali|somalis
sudan|sudanese
yemen|yemeni|yemenis
afghanistan|afghan|afghans|kabul
libya|libyan|libyans
tunisia|tunisian|tunisians
cuba|cuban|cubans|havana
venezuela|venezuelan|venezuelans
colombia|colombian|colombians
chile|chilean|chileans
thailand|thai|thais
vietnam|vietnamese
indonesia|indonesian|indonesians|jakarta
malaysia|malaysian|malaysians
philippines|filipino|filipinos|philippine
singapore|singaporean
new zealand|new zealander|kiwi
isis|isil|islamic state|daesh|is|islamic state in iraq and syria
gop|republican party|republicans|republican
democrats|democratic party|democrat|democratic
fbi|federal bureau of investigation|the bureau
cia|central intelligence agency
nasa|national aeronautics and space administration
nato|north atlantic treaty organization|north atlantic treaty organisation
who|world health organization|world health organisation
imf|international monetary fund
nhs|national health service
nfl|national football league
nba|national basketball association
faa|federal aviation administration
cdc|centers for disease control and prevention|centers for disease control
la|l.a|los angeles
nyc|new york|new york city|ny
dc|d.c|d.c.|washington
man utd|manchester united|man united|united
man city|manchester city|city
islam|islamic|muslim|muslims|islamist|islamists
christianity|christian|christians
jewish|jew|jews|judaism
catholic|catholics|catholicism
texas|texan
california|californian
africa|african|africans
asia|asian|asians
tv|television
mps|mp|members of parliament
pm|prime minister
bitcoin|bitcoins
"""
ALIASES: dict[str, frozenset[str]] = {}
for _line in _ALIASES.strip().splitlines():
    _same = frozenset(_line.split("|"))
    for _name in _same:
        ALIASES[_name] = ALIASES.get(_name, frozenset()) | _same
"""A name, folded → the names that may stand for it (a country, its people, its government)."""
