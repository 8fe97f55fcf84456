"""The sample of news that ships for topics: vectors of openings, no text. `python -m training.reference`."""

from __future__ import annotations

from pathlib import Path

import numpy

from benchmarks.common import rows
from briefing import choose
from briefing.choose.meaning import ENCODER
from briefing.engines.encoder import TransformerEncoder
from briefing.pipeline import LEAD_WORDS


def main() -> None:
    """Write the sample: every development article that may train what ships and that stands for all kinds of news."""
    from safetensors.numpy import save_file

    found = rows("bbc_summary.dev", None)
    texts = [f"{row['title']}. {' '.join(row['text'].split()[:LEAD_WORDS])}" for row in found]
    vectors = TransformerEncoder(ENCODER).encode(texts)
    # Sorted by a component, so that their order says nothing of where they come from.
    vectors = vectors[vectors[:, 0].argsort()]
    scale = numpy.abs(vectors).max() / 127
    packed = numpy.round(vectors / scale).astype(numpy.int8)
    path = Path(choose.__file__).with_name("weights") / "reference.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_file({"rows": packed, "scale": numpy.array([scale], dtype=numpy.float32)}, str(path))
    print(f"{len(packed)} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
