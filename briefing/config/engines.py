"""The engines of the configuration: one section for each kind that tells stories."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Discriminator, Field, SecretStr, Tag, ValidationInfo, field_validator

from briefing.config.base import Model, Name, PluginPath


class EmbeddedEngineConfig(Model):
    """The embedded summariser: no key, no server, nothing invented."""

    type: Literal["embedded"]
    shorten: bool = Field(
        True, description="Leave out what a sentence can do without. false: whole sentences, in half of the time."
    )


_HEADLINES = "An article without a headline is given one, checked like a bullet; it costs a reply more."


class _LocalEngine(Model):
    model: Name = Field(
        description="A folder, package:NAME/FOLDER (files inside an installed package), or a name on the hub."
    )
    revision: str | None = Field(None, description="Revision of a model on the hub; pin it.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where it runs. auto: the best there is.")
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = Field(
        "auto", description="Precision of its numbers. auto: bfloat16 where the machine multiplies it fast."
    )
    deadline: float = Field(300.0, gt=0, le=86_400, description="Seconds one article may take, loading aside.")
    threads: int | None = Field(None, ge=1, description="CPU threads. Default: what torch chooses.")


class ChatEngineConfig(_LocalEngine):
    """A causal chat model of transformers, on this machine."""

    type: Literal["chat"]
    gguf: Name | None = Field(None, description="Name of the GGUF file to read, where the model comes as one.")
    max_new_tokens: int = Field(512, ge=32, le=32_768, description="Tokens of one reply, at the most.")
    context: int | None = Field(None, ge=256, description="Tokens the model reads. Default: what its files say.")
    batch: int = Field(4, ge=1, le=256, description="Parts of a long article that are told at once.")
    reply: Literal["json", "lines"] = Field("json", description="Form of the reply; small models manage lines only.")
    constrained: bool = Field(True, description="A reply in JSON is held to its form while it is written.")
    grounded: bool = Field(False, description="Content words can only be such as stand in the article.")
    headlines: bool = Field(False, description=_HEADLINES)


class Seq2SeqEngineConfig(_LocalEngine):
    """An encoder-decoder of transformers (BART, PEGASUS, T5, LED), on this machine."""

    type: Literal["seq2seq"]
    prefix: str = Field("", description='What stands before the text, such as "summarize: " for T5.')
    beams: int = Field(4, ge=1, le=32, description="Beams of the search.")
    min_length: int = Field(0, ge=0, le=4096, description="Tokens of a summary, at the least.")
    max_length: int = Field(142, ge=8, le=4096, description="Tokens of a summary, at the most.")
    no_repeat_ngram: int = Field(3, ge=0, le=20, description="No so many words in a row stand twice. 0: no limit.")
    length_penalty: float = Field(1.0, ge=-10, le=10, description="Above 1 longer summaries are favoured.")
    batch: int = Field(4, ge=1, le=256, description="Parts of a long article that are told at once.")

    @field_validator("prefix", mode="wrap")
    @classmethod
    def _as_written(cls, value: Any, handler: Any) -> Any:
        # Blanks at a prefix's end are part of it; everywhere else they are stripped.
        return value if isinstance(value, str) else handler(value)


class ServerEngineConfig(Model):
    """A model behind an OpenAI-compatible address (Ollama, vLLM, llama.cpp, OpenAI, ...)."""

    type: Literal["server"]
    url: Name = Field(description="Address of the API, usually ending in /v1.")
    model: Name = Field(description="Name of the model on the server.")
    api_key: SecretStr | None = Field(None, description="Key; write it as ${OPENAI_API_KEY}.")
    deadline: float = Field(60.0, gt=0, le=86_400, description="Seconds one article may take, tries included.")
    connect_timeout: float = Field(5.0, gt=0, le=600, description="Seconds until a connection stands.")
    read_timeout: float = Field(30.0, gt=0, le=3600, description="Seconds of silence after which a reply is given up.")
    tries: int = Field(3, ge=1, le=10, description="Tries of one request, within the deadline.")
    requests_per_minute: int | None = Field(None, ge=1, description="Requests a minute, at the most.")
    concurrency: int = Field(4, ge=1, le=256, description="Requests at the same time, at the most.")
    context: int = Field(8192, ge=256, description="Tokens the model reads, prompt and reply together.")
    max_new_tokens: int = Field(1024, ge=32, le=65_536, description="Tokens of one reply, thinking included.")
    temperature: float = Field(0.0, ge=0, le=2, description="0: the likeliest words.")
    reply: Literal["json", "lines"] = Field("json", description="Form of the reply.")
    headlines: bool = Field(False, description=_HEADLINES)
    budget_tokens: int | None = Field(None, ge=1, description="Tokens an edition may cost, read and written.")
    budget_money: float | None = Field(None, gt=0, description="Money an edition may cost; needs the prices.")
    price_in: float = Field(0.0, ge=0, description="Price of a million tokens read.")
    price_out: float = Field(0.0, ge=0, description="Price of a million tokens written.")

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError('expected an address such as "http://localhost:11434/v1"')
        if parts.username or parts.password:
            raise ValueError("a login does not belong in the address; give the key as api_key: ${NAME}")
        return value

    @field_validator("api_key")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value else ""
        if not key.isascii() or any(char.isspace() or not char.isprintable() for char in key):
            raise ValueError("it holds blanks or characters that no key has")
        return value

    @field_validator("price_out")
    @classmethod
    def _priced(cls, value: float, info: ValidationInfo) -> float:
        if info.data.get("budget_money") and not (value or info.data.get("price_in")):
            raise ValueError("budget_money needs price_in and price_out")
        return value

    # Defaults are looked at too: a budget in money without any price would never be used up.
    model_config = ConfigDict(validate_default=True)


class CustomEngineConfig(Model):
    """An engine of your own."""

    type: PluginPath = Field(description='A class as "package.module:Class".')
    deadline: float = Field(300.0, gt=0, le=86_400, description="Seconds one article may take.")
    options: dict[str, Any] = Field(default_factory=dict, description="Handed to the class as they are.")


class EntailmentConfig(Model):
    """A model that says whether evidence supports a claim, beside the guard's own checks."""

    model: Name = Field(
        description="A sequence classifier: a folder, package:NAME/FOLDER, or a name on the hub. NLI or like MiniCheck."
    )
    revision: str | None = Field(None, description="Revision of a model on the hub; pin it.")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="Where it runs. auto: the best there is.")
    label: Name | None = Field(None, description='The label that means "supported", where its name does not tell.')
    threshold: float = Field(0.5, gt=0, lt=1, description="Least score of a bullet that goes out.")


class GuardConfig(Model):
    """What every bullet is checked by."""

    entailment: EntailmentConfig | None = Field(
        None, description="An entailment model of your choice, beside the checks."
    )


def _engine_of(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if isinstance(kind, str) and kind in ("embedded", "chat", "seq2seq", "server") else "custom"


EngineConfig = Annotated[
    Annotated[EmbeddedEngineConfig, Tag("embedded")]
    | Annotated[ChatEngineConfig, Tag("chat")]
    | Annotated[Seq2SeqEngineConfig, Tag("seq2seq")]
    | Annotated[ServerEngineConfig, Tag("server")]
    | Annotated[CustomEngineConfig, Tag("custom")],
    Discriminator(_engine_of),
]
