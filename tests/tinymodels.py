"""Models small enough to be made in a test: random weights, a tokenizer of bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

WINDOW = 128


@cache
def tokenizer() -> Any:
    """A byte-level tokenizer with a few merged words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator(["the old bridge at Aldmouth was closed on Monday by the council"] * 10, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bare, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def make(kind: str, folder: Path) -> Path:
    """A model of a kind ("llama", "bart", "t5", "led") saved in `folder`."""
    import torch
    import transformers as t

    from briefing.engines.loading import quiet

    quiet()
    torch.manual_seed(7)
    size = len(tokenizer())
    ids: dict[str, Any] = {"vocab_size": size, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    narrow: dict[str, Any] = {
        "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
        "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "decoder_start_token_id": 2,
    }  # fmt: skip
    model: Any
    if kind == "llama":
        config = t.LlamaConfig(
            hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=4096, tie_word_embeddings=True, **ids,
        )  # fmt: skip
        model = t.LlamaForCausalLM(config)
    elif kind == "bart":
        model = t.BartForConditionalGeneration(t.BartConfig(max_position_embeddings=WINDOW, **narrow, **ids))
    elif kind == "led":
        led = t.LEDConfig(
            max_encoder_position_embeddings=WINDOW, max_decoder_position_embeddings=WINDOW, attention_window=16,
            **narrow, **ids,
        )  # fmt: skip
        model = t.LEDForConditionalGeneration(led)
    else:
        del ids["bos_token_id"]
        t5 = t.T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0, **ids)
        model = t.T5ForConditionalGeneration(t5)
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder
