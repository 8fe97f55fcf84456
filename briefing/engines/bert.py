"""BERT's layers (Devlin et al. 2019) as they are run here: to read, on a CPU, with nothing of training around them.

transformers has the same model, and is asked for any other encoder. Importing its models takes longer than all else
that happens before a first bullet, and its layers take 4 to 20 % more time (queries, keys and values in three products
instead of one).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn import functional

__all__ = ["Bert", "Config"]


class Config(NamedTuple):
    """The numbers of a model's "config.json" that its layers need, by their names there."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    layer_norm_eps: float


class _Layer(torch.nn.Module):
    """Attention, then two products with a GELU between them; each is added to what it was given, then normed."""

    def __init__(self, config: Config, weight: Callable[[str], torch.Tensor], prefix: str) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        self.eps = config.layer_norm_eps

        def joined(*names: str) -> torch.Tensor:
            return torch.cat([weight(f"{prefix}.{name}") for name in names])

        def kept(made: torch.Tensor) -> torch.nn.Parameter:
            return torch.nn.Parameter(made, requires_grad=False)

        def product(*names: str) -> tuple[torch.nn.Parameter, torch.nn.Parameter]:
            # Stored by input, not by output: one sentence is read a fifth quicker so, a window about alike.
            made = joined(*(f"{name}.weight" for name in names)).t().contiguous()
            return kept(made), kept(joined(*(f"{name}.bias" for name in names)))

        self.asked, self.asked_bias = product(*(f"attention.self.{part}" for part in ("query", "key", "value")))
        self.found, self.found_bias = product("attention.output.dense")
        self.inner, self.inner_bias = product("intermediate.dense")
        self.outer, self.outer_bias = product("output.dense")
        self.norms = torch.nn.ParameterList(
            kept(joined(f"{part}.LayerNorm.{kind}"))
            for part in ("attention.output", "output")
            for kind in ("weight", "bias")
        )

    def forward(self, states: torch.Tensor, sees: torch.Tensor | None) -> torch.Tensor:
        """(rows, tokens, hidden) → the same; `sees` (rows, 1, 1, tokens) is true where there is a token."""
        rows, tokens, hidden = states.shape
        size = (hidden,)
        states = states.reshape(rows * tokens, hidden)
        asked = torch.addmm(self.asked_bias, states, self.asked)
        query, key, value = asked.view(rows, tokens, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=sees).transpose(1, 2)
        found = torch.addmm(self.found_bias, found.reshape(rows * tokens, hidden), self.found)
        # In place: a new tensor of this size has to be fetched from memory before it is written.
        states = functional.layer_norm(found.add_(states), size, self.norms[0], self.norms[1], self.eps)
        inner = torch.ops.aten.gelu_(torch.addmm(self.inner_bias, states, self.inner))
        outer = torch.addmm(self.outer_bias, inner, self.outer)
        states = functional.layer_norm(outer.add_(states), size, self.norms[2], self.norms[3], self.eps)
        return states.view(rows, tokens, hidden)


class Bert(torch.nn.Module):
    """A BERT with absolute positions, without what is put on top of it. `weight` gives a tensor by its name."""

    def __init__(self, config: Config, weight: Callable[[str], torch.Tensor]) -> None:
        super().__init__()
        self.config = config

        def table(name: str) -> torch.nn.Embedding:
            return torch.nn.Embedding.from_pretrained(weight(f"embeddings.{name}.weight").clone())

        self.words, self.places = table("word_embeddings"), table("position_embeddings")
        self.kinds = table("token_type_embeddings")
        self.norm = torch.nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        with torch.no_grad():
            self.norm.weight.copy_(weight("embeddings.LayerNorm.weight"))
            self.norm.bias.copy_(weight("embeddings.LayerNorm.bias"))
        self.layers = torch.nn.ModuleList(
            _Layer(config, weight, f"encoder.layer.{number}") for number in range(config.num_hidden_layers)
        )
        self.requires_grad_(False)

    @classmethod
    def of(cls, folder: Path) -> Bert | None:
        """The model in `folder`, in single precision; None where it is another one, or weights of it are missing.

        Raises OSError or ValueError if a file can't be read, and whatever safetensors raises of a damaged one.
        """
        from safetensors.torch import load_file

        facts: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        plain = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
        ours = all(facts.get(key, value) == value for key, value in plain.items()) and "model_type" in facts
        if not ours or facts.get("is_decoder") or facts.get("add_cross_attention"):
            return None
        config = Config(**{key: facts.get(key, 1e-12) for key in Config._fields})
        found = {name.removeprefix("bert."): tensor for name, tensor in load_file(folder / "model.safetensors").items()}
        try:
            return cls(config, lambda name: found.pop(name).float())
        except KeyError:
            return None

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the weights."""
        return self.norm.weight.dtype

    def lower_half(self) -> Bert:
        """The lower half of the layers, which are the same ones."""
        half = self.config.num_hidden_layers // 2
        lower = Bert.__new__(Bert)
        torch.nn.Module.__init__(lower)
        lower.config = self.config._replace(num_hidden_layers=half)
        lower.words, lower.places, lower.kinds, lower.norm = self.words, self.places, self.kinds, self.norm
        lower.layers = self.layers[:half]
        return lower

    def forward(self, *, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None) -> torch.Tensor:
        """Ids (rows, tokens), and which of them are tokens and no padding → states of the last layer (…, hidden)."""
        places = torch.arange(input_ids.shape[1])
        states: torch.Tensor = self.norm(self.words(input_ids) + self.kinds.weight[0] + self.places(places))
        sees = None if attention_mask is None else attention_mask.bool()[:, None, None, :]
        for layer in self.layers:
            states = layer(states, sees)
        return states
