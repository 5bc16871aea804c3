"""Chinese lines: kinsoku, widths in cells, nothing a terminal would obey."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kiosk_walk import DUTIES
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from kiosk.layout import NO_END, NO_START, assume, centred, clean, cut, fit, pad, wrap, wrap_groups

PROSE = st.text(st.sampled_from("团支部书记满意度测评一二三；。，（）！？：、”“》《 Enter12"), max_size=120)


def breaks_kinsoku(lines: list[str]) -> bool:
    return any(line and line[0] in NO_START for line in lines[1:]) or any(
        line and line[-1] in NO_END for line in lines[:-1]
    )


def test_no_line_begins_with_closing_punctuation_where_rich_does() -> None:
    ours = {width: wrap(DUTIES, width) for width in range(20, 100)}
    console = Console(width=200)
    riches = {width: [line.plain for line in Text(DUTIES).wrap(console, width)] for width in ours}
    assert not any(breaks_kinsoku(lines) for lines in ours.values())
    assert any(breaks_kinsoku(lines) for lines in riches.values())  # the control


@given(PROSE, st.integers(2, 100))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("width", range(12, 40))
def test_words_stay_whole(width: int) -> None:
    lines = wrap("按 Enter 投票后不能更改，按 Esc 由指导监督人员处理，共 12345 人", width)
    for word in ("Enter", "Esc", "12345"):
        assert any(word in line for line in lines)


def test_paragraphs_stay_apart() -> None:
    assert wrap("一二\n\n三", 10) == ["一二", "", "三"]


@given(st.text(max_size=60))
def test_no_control_reaches_the_terminal(text: str) -> None:
    hostile = f"{text}\x1b]0;x\x07\x9b\u202e\ud800"
    cleaned = clean(hostile).replace("\n", "")
    assert cleaned.isprintable() or all(c.isprintable() or c.isspace() or ord(c) > 0x377 for c in cleaned)
    assert not set("\x1b\x07\x9b\u202e\ud800\r\x00") & set(cleaned)
    assert len(clean(hostile)) == len(hostile)


def test_rare_characters_of_names_stay() -> None:
    assert clean("\U00030000\ue000䶮") == "\U00030000\ue000䶮"


@given(PROSE, st.integers(0, 80))
def test_padding_is_exact(text: str, width: int) -> None:
    assert cell_len(pad(text, width)) == width
    assert cell_len(centred(text, width)) == width


@given(PROSE, st.integers(4, 80))
def test_a_cut_line_says_that_it_was_cut(text: str, width: int) -> None:
    line = cut(text, width)
    assert cell_len(line) <= width
    assert line == text or line.endswith("……")


@given(st.lists(PROSE, max_size=8), st.integers(0, 6))
def test_fitting_says_what_it_left_out(lines: list[str], height: int) -> None:
    shown = fit([cut(line, 20) for line in lines], height, 20)
    assert len(shown) == min(len(lines), height)
    assert all(cell_len(line) <= 20 for line in shown)
    assert len(lines) <= height or height == 0 or shown[-1].endswith("……")


def test_groups_of_words_to_compare_stay_whole() -> None:
    words = "山海云天 春秋明月 东西南北 上下左右"
    assert wrap_groups(words, 20) == ["山海云天 春秋明月", "东西南北 上下左右"]
    assert all(cell_len(line) <= 6 for line in wrap_groups(words, 6))
    assert wrap_groups("", 20) == [""]


@given(st.text(st.characters() | st.sampled_from("“”‘’—…·×√①αЖ±§"), max_size=60))
def test_nothing_of_doubtful_width_where_it_would_be_two_cells(text: str) -> None:
    assume(ambiguous_wide=True)
    try:
        wide = clean(text)
    finally:
        assume(ambiguous_wide=False)
    assert not [character for character in wide if unicodedata.east_asian_width(character) == "A"]
    narrow = [(c, w) for c, w in zip(clean(text), text, strict=True) if c != " "]
    assert all(c == w for c, w in narrow)  # the control: on other terminals the text stands as it was written


def test_twins_of_doubtful_characters() -> None:
    assume(ambiguous_wide=True)
    try:
        assert clean("“支部”·①—α……") == "「支部」・1－〓．．"
        assert cut("满意度测评满意度测评", 10) == "满意度．．"
    finally:
        assume(ambiguous_wide=False)
