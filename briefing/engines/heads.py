"""The trained part of the salience model, in torch; imported with its first use."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_WORD = 160
_SENTENCE = 128


class Heads(nn.Module):
    """Odds of words and of neighbouring pairs, and scores of sentences that look at each other.

    Input: states (words, hidden), word features (words, f), sentence features (sentences, g), first
    (sentences + 1) as in `Document`. Output: logits of words (words,), of the pair a word begins (words,), and
    scores (sentences,).
    """

    def __init__(self, hidden: int, word_features: int, sentence_features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.drop = nn.Dropout(0.2)
        self.down = nn.Linear(hidden + word_features, _WORD)
        self.near = nn.Conv1d(_WORD, _WORD, 5, padding=2)
        self.word = nn.Sequential(nn.GELU(), nn.Dropout(0.2), nn.Linear(2 * _WORD, 1))
        self.pair = nn.Sequential(nn.GELU(), nn.Dropout(0.2), nn.Linear(3 * _WORD, 1))
        self.lift = nn.Linear(2 * _WORD + sentence_features + 2, _SENTENCE)
        self.mutual = nn.TransformerEncoderLayer(_SENTENCE, 4, 256, 0.2, "gelu", batch_first=True, norm_first=True)
        self.sentence = nn.Sequential(nn.LayerNorm(_SENTENCE), nn.Linear(_SENTENCE, 1))

    def forward(self, states: Tensor, features: Tensor, about: Tensor, first: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One document; see the class for the shapes."""
        words = self.down(torch.cat([self.drop(self.norm(states)), features], dim=1))
        near = self._near(nn.functional.gelu(words))
        both = torch.cat([words, near], dim=1)
        one = self.word(both).squeeze(1)
        after = torch.cat([words[1:], torch.zeros_like(words[:1])])
        two = self.pair(torch.cat([both, after], dim=1)).squeeze(1)
        count = (first[1:] - first[:-1]).clamp(min=1)
        owner = torch.repeat_interleave(torch.arange(len(about)), first[1:] - first[:-1])

        def mean(values: Tensor) -> Tensor:
            sums = torch.zeros(len(about), values.shape[1]).index_add_(0, owner, values)
            return sums / count.unsqueeze(1)

        chance = torch.stack([one.detach().sigmoid(), two.detach().sigmoid()], dim=1)
        lifted = self.lift(torch.cat([mean(both), about, mean(chance) * 5], dim=1))
        mutual = self.mutual(lifted.unsqueeze(0))[0]
        return one, two, self.sentence(mutual).squeeze(1)

    def _near(self, words: Tensor) -> Tensor:
        # The convolution as a product: torch makes a kernel of its own for each number of words, and keeps many.
        reach = self.near.kernel_size[0]
        around = nn.functional.pad(words, (0, 0, reach // 2, reach // 2)).unfold(0, reach, 1)
        return nn.functional.linear(around.flatten(1), self.near.weight.flatten(1), self.near.bias)
