"""Llama's decoder (Touvron et al. 2023) for one pass over given tokens: what it foretells of them, nothing written.

transformers has the same model. Importing its models takes longer than all else that happens before a first bullet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

__all__ = ["Llama"]

INDEX = "model.safetensors.index.json"


class _Layer:
    def __init__(self, weight: Callable[[str], torch.Tensor], prefix: str) -> None:
        def product(*names: str) -> torch.Tensor:
            # By input, not by output: a pass over a few sentences is a tenth quicker so.
            return torch.cat([weight(f"{prefix}.{name}.weight") for name in names]).t().contiguous()

        self.asked = product("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
        self.found = product("self_attn.o_proj")
        self.inner = product("mlp.gate_proj", "mlp.up_proj")
        self.outer = product("mlp.down_proj")
        self.norm = weight(f"{prefix}.input_layernorm.weight").clone()
        self.inner_norm = weight(f"{prefix}.post_attention_layernorm.weight").clone()


class Llama:
    """A Llama whose table of tokens is its last layer too, with rotary positions (Su et al. 2021) as they came first.

    Its matrices rest in bfloat16. With `quick` all is computed in it; without, they are widened while a pass multiplies
    by them, which takes half the room of single precision, for the same results. `weight` gives a tensor by its name.
    """

    def __init__(self, facts: Mapping[str, Any], weight: Callable[[str], torch.Tensor], quick: bool) -> None:
        self.quick = quick
        self.heads, self.shared = int(facts["num_attention_heads"]), int(facts["num_key_value_heads"])
        self.width = int(facts.get("head_dim") or facts["hidden_size"] // self.heads)
        self.end = int(facts["eos_token_id"])
        self.eps = float(facts["rms_norm_eps"])
        rope = facts.get("rope_parameters") or {}
        base = float(rope.get("rope_theta") or facts.get("rope_theta") or 10_000)
        self._turns = 1.0 / base ** (torch.arange(0, self.width, 2, dtype=torch.float32) / self.width)
        self.layers = [_Layer(weight, f"model.layers.{number}") for number in range(int(facts["num_hidden_layers"]))]
        table = weight("model.embed_tokens.weight")
        # Every pass looks up some rows of it and multiplies by all: widened each time it would cost most.
        self.table = table.clone() if quick else table.float()
        self.norm = weight("model.norm.weight").clone()

    @classmethod
    def of(cls, folder: Path, quick: bool) -> Llama:
        """The model in `folder`, whose weights lie in several files.

        Raises ValueError if it is another one, KeyError where weights are missing, OSError where a file is, and
        whatever safetensors raises of a damaged one.
        """
        from safetensors import safe_open

        facts: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        rope = facts.get("rope_parameters") or {}
        known = facts.get("model_type") == "llama" and facts.get("tie_word_embeddings")
        if not known or facts.get("attention_bias") or rope.get("rope_type", "default") != "default":
            raise ValueError(f"{folder} holds no Llama of the kind that is read here")
        files: dict[str, str] = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]

        def weight(name: str) -> torch.Tensor:
            # A file left open stays in memory beside what was read from it.
            with safe_open(folder / files[name], "pt") as handle:
                found: torch.Tensor = handle.get_tensor(name)
            return found.bfloat16()

        return cls(facts, weight, quick)

    def states(self, ids: torch.Tensor, positions: torch.Tensor, sees: torch.Tensor) -> torch.Tensor:
        """Ids and positions (tokens,), which token (row) looks at which (column) → the last states (tokens, hidden)."""
        states = functional.embedding(ids, self.table)
        angles = torch.outer(positions.float(), self._turns).repeat(1, 2)
        turned = angles.cos().to(states.dtype), angles.sin().to(states.dtype)
        for layer in self.layers:
            states = states + self._attended(layer, self._normed(states, layer.norm), turned, sees)
            gate, value = self._product(self._normed(states, layer.inner_norm), layer.inner).chunk(2, -1)
            states = states + self._product(functional.silu(gate) * value, layer.outer)
        return self._normed(states, self.norm)

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """(…, hidden) → how likely each token comes next, unscaled (…, vocabulary), in single precision."""
        return functional.linear(states, self.table).float()

    def _product(self, states: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return torch.mm(states, weights if self.quick else weights.float())

    def _normed(self, states: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        # Root mean square layer normalisation (Zhang and Sennrich 2019), in single precision.
        wide = states.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return weight.to(states.dtype) * wide.to(states.dtype)

    def _attended(
        self, layer: _Layer, states: torch.Tensor, turned: tuple[torch.Tensor, torch.Tensor], sees: torch.Tensor
    ) -> torch.Tensor:
        tokens = len(states)
        asked = self._product(states, layer.asked).view(tokens, -1, self.width).transpose(0, 1)
        query, key, value = asked.split([self.heads, self.shared, self.shared])
        # Several heads ask the same keys (Ainslie et al. 2023, grouped-query attention).
        times = self.heads // self.shared
        found = functional.scaled_dot_product_attention(
            _rotated(query, *turned)[None],
            _rotated(key, *turned).repeat_interleave(times, 0)[None],
            value.repeat_interleave(times, 0)[None],
            attn_mask=sees[None, None],
        )
        return self._product(found[0].transpose(0, 1).reshape(tokens, -1), layer.found)


def _rotated(states: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
    first, second = states.chunk(2, -1)
    return states * cosine + torch.cat((-second, first), -1) * sine
