"""The layers that are run here, beside transformers' own: the same numbers, from the same files."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import tinymodels

from briefing.engines.bert import Bert
from briefing.engines.encoder import _batches as batches
from briefing.engines.llama import Llama
from briefing.engines.tokens import Tokens


def bert(folder: Path, **changes: Any) -> Any:
    """A BERT with random weights, saved."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=60, hidden_size=24, num_hidden_layers=4, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=32, **changes,
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False).eval()
    model.save_pretrained(folder)
    return model


def test_bert_reads_as_transformers_does(tmp_path: Path) -> None:
    import torch

    theirs = bert(tmp_path)
    ours = Bert.of(tmp_path)
    assert ours is not None
    ids = torch.randint(1, 60, (2, 11), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    with torch.inference_mode():
        all_layers = theirs(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        found = ours(input_ids=ids, attention_mask=mask)
        half = ours.lower_half()(input_ids=ids, attention_mask=mask)
        alone = ours(input_ids=ids[1:, :7])
    for given, wanted in ((found, all_layers[4]), (half, all_layers[2])):
        assert (given - wanted)[mask.bool()].abs().max() < 1e-5
    assert (alone[0] - all_layers[4][1, :7]).abs().max() < 1e-5
    assert ours.lower_half().config.num_hidden_layers == 2
    assert ours.lower_half().layers[0].inner is ours.layers[0].inner


@pytest.mark.parametrize("changes", [{"hidden_act": "relu"}, {"is_decoder": True}])
def test_another_bert_is_left_to_transformers(tmp_path: Path, changes: dict[str, Any]) -> None:
    bert(tmp_path, **changes)
    assert Bert.of(tmp_path) is None


def test_a_bert_without_a_weight_is_left_to_transformers_which_names_it(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    bert(tmp_path)
    file = tmp_path / "model.safetensors"
    weights = load_file(file)
    del weights["encoder.layer.1.output.dense.bias"]
    save_file(weights, file, {"format": "pt"})
    assert Bert.of(tmp_path) is None


@pytest.mark.parametrize("quick", [False, True])
def test_llama_foretells_as_transformers_does(tmp_path: Path, quick: bool) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(4)
    config = LlamaConfig(
        vocab_size=90, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    theirs = LlamaForCausalLM(config).eval().bfloat16()
    theirs.save_pretrained(tmp_path, max_shard_size="10KB")
    ours = Llama.of(tmp_path, quick)
    theirs = theirs if quick else theirs.float()
    ids = torch.randint(3, 90, (9,), generator=torch.Generator().manual_seed(1))
    # Two continuations of the first four tokens, which do not see each other.
    sees = torch.ones(9, 9).tril().bool()
    sees[7:, 4:7] = False
    positions = torch.tensor([0, 1, 2, 3, 4, 5, 6, 4, 5])
    kind = theirs.dtype
    mask = torch.zeros(9, 9, dtype=kind).masked_fill_(~sees, torch.finfo(kind).min)
    with torch.inference_mode():
        wanted = theirs(
            input_ids=ids[None], attention_mask=mask[None, None], position_ids=positions[None], use_cache=False
        ).logits[0]
        found = ours.logits(ours.states(ids, positions, sees))
    assert ours.end == 2
    assert (found - wanted.float()).abs().max() < (2e-2 if quick else 1e-5)


def test_another_llama_is_refused(tmp_path: Path) -> None:
    tinymodels.make("bart", tmp_path)
    with pytest.raises(ValueError, match="no Llama"):
        Llama.of(tmp_path, quick=False)


def test_a_long_text_is_read_in_windows_that_overlap(tmp_path: Path) -> None:
    tinymodels.tokenizer().save_pretrained(tmp_path)
    tokens = Tokens.of(tmp_path / "tokenizer.json")
    short, long = "the old bridge", "the old bridge at Aldmouth was closed on Monday by the council " * 3
    (ids, spans), (all_ids, _) = tokens.pieces([short, long])
    assert [short[a:b].strip() for a, b in spans] == ["the", "old", "bridge"]
    rows, owners = tokens.windows([short, long], 12, 4)
    assert rows[0] == ids
    assert owners == [0] + [1] * (len(rows) - 1)
    assert all(len(row) <= 12 for row in rows)
    assert all(before[-4:] == after[:4] for before, after in itertools.pairwise(rows[1:]))
    whole = rows[1] + [token for row in rows[2:] for token in row[4:]]
    assert whole == all_ids
    assert tokens.pieces([long])[0].ids == all_ids


def test_texts_are_read_with_little_padding() -> None:
    lengths = [40, 5, 6, 38, 300, 6, 900, 39]
    made = batches(lengths, 400)
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= 400 for batch in made)
    assert [[lengths[i] for i in batch] for batch in made] == [[5, 6, 6], [38, 39, 40], [300], [900]]
    # Two short texts of two lengths cost less together than two passes.
    assert batches([20, 30], 400) == [[0, 1]]
    assert batches([7, 5, 6], 0) == [[1], [2], [0]]
    assert batches([], 400) == []
