"""The configuration: one YAML file → frozen models. Every mistake is named at once, by path and line."""

from briefing.config.answers import AnswersConfig, ReplyMailboxConfig
from briefing.config.channels import (
    ChannelConfig,
    CustomChannelConfig,
    FeedChannelConfig,
    FileChannelConfig,
    MailChannelConfig,
    PushChannelConfig,
    WebhookChannelConfig,
)
from briefing.config.engines import (
    ChatEngineConfig,
    CustomEngineConfig,
    EmbeddedEngineConfig,
    EngineConfig,
    EntailmentConfig,
    GuardConfig,
    Seq2SeqEngineConfig,
    ServerEngineConfig,
)
from briefing.config.load import ENVIRONMENT_NAME, find_config, load_config, parse_config
from briefing.config.models import (
    BriefingConfig,
    Config,
    LimitsConfig,
    ReaderConfig,
    ScheduleConfig,
    SummarizerConfig,
    TopicConfig,
)
from briefing.config.runtime import LocalConfig, RayConfig, RuntimeConfig
from briefing.config.sources import (
    CustomSourceConfig,
    FeedConfig,
    FetchConfig,
    FileConfig,
    MailboxConfig,
    PageConfig,
    SitemapConfig,
    SourceConfig,
)
from briefing.config.web import ProxyConfig, WebConfig

__all__ = [
    "ENVIRONMENT_NAME",
    "AnswersConfig",
    "BriefingConfig",
    "ChannelConfig",
    "ChatEngineConfig",
    "Config",
    "CustomChannelConfig",
    "CustomEngineConfig",
    "CustomSourceConfig",
    "EmbeddedEngineConfig",
    "EngineConfig",
    "EntailmentConfig",
    "FeedChannelConfig",
    "FeedConfig",
    "FetchConfig",
    "FileChannelConfig",
    "FileConfig",
    "GuardConfig",
    "LimitsConfig",
    "LocalConfig",
    "MailChannelConfig",
    "MailboxConfig",
    "PageConfig",
    "ProxyConfig",
    "PushChannelConfig",
    "RayConfig",
    "ReaderConfig",
    "ReplyMailboxConfig",
    "RuntimeConfig",
    "ScheduleConfig",
    "Seq2SeqEngineConfig",
    "ServerEngineConfig",
    "SitemapConfig",
    "SourceConfig",
    "SummarizerConfig",
    "TopicConfig",
    "WebConfig",
    "WebhookChannelConfig",
    "find_config",
    "load_config",
    "parse_config",
]
