"""The configuration: one YAML file → frozen models. Every mistake is named at once, by path and line."""

from briefing.config.load import ENVIRONMENT_NAME, find_config, load_config, parse_config
from briefing.config.models import (
    BriefingConfig,
    ChannelConfig,
    Config,
    CustomChannelConfig,
    CustomSourceConfig,
    FeedConfig,
    FetchConfig,
    FileChannelConfig,
    FileConfig,
    LimitsConfig,
    MailChannelConfig,
    PageConfig,
    ScheduleConfig,
    SourceConfig,
    SummarizerConfig,
    TopicConfig,
)

__all__ = [
    "ENVIRONMENT_NAME",
    "BriefingConfig",
    "ChannelConfig",
    "Config",
    "CustomChannelConfig",
    "CustomSourceConfig",
    "FeedConfig",
    "FetchConfig",
    "FileChannelConfig",
    "FileConfig",
    "LimitsConfig",
    "MailChannelConfig",
    "PageConfig",
    "ScheduleConfig",
    "SourceConfig",
    "SummarizerConfig",
    "TopicConfig",
    "find_config",
    "load_config",
    "parse_config",
]
