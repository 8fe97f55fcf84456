"""What texts mean, as an encoder's vectors, so that an article is read for it once and not for every edition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select, update

from briefing.store.tables import embeddings
from briefing.store.transaction import Room, transaction

__all__ = ["EmbeddingRows"]

UNUSED = timedelta(days=30)
"""How long a vector is kept that nobody asks for."""
_NUMBERS = numpy.dtype("<f4")


class EmbeddingRows(Room):
    """Every method is one transaction. `mark` stands for a text and the encoder that read it."""

    def known(self, marks: Sequence[str], now: datetime) -> dict[str, NDArray[numpy.float32]]:
        """The vectors that are kept of these."""
        day = now.astimezone(UTC).date()
        found: dict[str, NDArray[numpy.float32]] = {}
        stale: list[str] = []
        with transaction(self._reader, "embeddings") as connection:
            for chunk in _chunks(sorted(set(marks))):
                for row in connection.execute(select(embeddings).where(embeddings.c.mark.in_(chunk))):
                    found[row.mark] = numpy.frombuffer(row.vector, dtype=_NUMBERS)
                    if row.used < day:
                        stale.append(row.mark)
        if stale:
            with transaction(self._engine, "use_embeddings") as connection:
                for chunk in _chunks(stale):
                    connection.execute(update(embeddings).where(embeddings.c.mark.in_(chunk)).values(used=day))
        return found

    def keep(self, found: Mapping[str, NDArray[numpy.float32]], now: datetime) -> None:
        """Keep vectors; those that nobody has asked for in `UNUSED` are dropped."""
        day = now.astimezone(UTC).date()
        rows = [
            {"mark": mark, "vector": numpy.ascontiguousarray(vector, dtype=_NUMBERS).tobytes(), "used": day}
            for mark, vector in found.items()
        ]
        with transaction(self._engine, "keep_embeddings") as connection:
            connection.execute(delete(embeddings).where(embeddings.c.used < day - UNUSED))
            for chunk in _chunks(sorted(found)):
                # Another process may have kept the same one meanwhile.
                connection.execute(delete(embeddings).where(embeddings.c.mark.in_(chunk)))
            if rows:
                connection.execute(insert(embeddings), rows)


def _chunks(values: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
