"""What is kept for the next who asks."""

from __future__ import annotations

from briefing.kept import Kept, Marks


def test_equal_values_have_one_mark_whoever_holds_them() -> None:
    marks: Marks[tuple[str, ...]] = Marks(2)
    one, same, other = (tuple(text.split()) for text in ("a b", "a b", "b a"))
    assert one is not same
    assert marks.of(one) == marks.of(same) == marks.of(one)
    assert marks.of(other) != marks.of(one)
    before = marks.of(one)
    for number in range(5):
        marks.of((str(number),))
    # A mark that was given up is not given to another value.
    assert marks.of(("a", "b")) not in {marks.of((str(number),)) for number in range(5)}
    assert marks.of(other) != before


def test_the_oldest_gives_way() -> None:
    kept: Kept[str, int] = Kept(2)
    for number, key in enumerate("abc"):
        kept.put(key, number)
    assert [kept.get(key) for key in "abc"] == [None, 1, 2]
