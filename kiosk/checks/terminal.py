"""The terminal that is to show the ballot: its size, how wide it draws, whether it can write Chinese."""

from __future__ import annotations

from kiosk.checks.model import Finding, Level, Surroundings

SIZE = "终端大小"
WIDTH = "字符宽度"
GLYPHS = "汉字显示"
SMALLEST = (80, 24)
"""`HardenedScreen.SMALLEST`, which can't be imported here: it needs textual."""
TERMINAL_ROWS = frozenset({SIZE, WIDTH, GLYPHS})
"""Rows about the terminal of this moment: they say nothing in a zero report."""


def size(around: Surroundings) -> Finding:
    """At least 80×24, or no ballot is drawn."""
    found = around.terminal_size()
    if found is None:
        return Finding(SIZE, Level.ASK, "不在终端中，未检查", "终端窗口已经全屏，是吗？不是的，请先全屏。")
    columns, rows = found
    seen = f"{columns}列{rows}行"
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        remedy = f"至少须{SMALLEST[0]}列{SMALLEST[1]}行：请将窗口放到全屏，或缩小字号。"
        return Finding(SIZE, Level.REFUSE, f"{seen}，放不下选票", remedy)
    return Finding(SIZE, Level.OK, seen)


def width(around: Surroundings) -> list[Finding]:
    """Whether the terminal draws as wide as the screens are laid out; no row where it was not asked."""
    facts = around.terminal_facts()
    if facts is None:
        return []
    if not facts.answered:
        return [Finding(WIDTH, Level.OK, "终端没有应答，按通常的宽度绘制")]
    if not facts.cjk_ok:
        remedy = "请改用支持汉字的终端，并把终端的文字编码设为UTF-8。"
        return [Finding(WIDTH, Level.REFUSE, "汉字不占两格，画面会错位", remedy)]
    drawn = "制表符号占两格，已按此绘制" if facts.ambiguous_wide else "汉字占两格"
    return [Finding(WIDTH, Level.OK, drawn)]


def glyphs(around: Surroundings) -> Finding:
    """Encoding is told; whether the font has the characters, only an eye tells."""
    encoding = around.encoding()
    if encoding.lower().replace("-", "") != "utf8":
        return Finding(
            GLYPHS, Level.REFUSE, f"文字编码是{encoding}，汉字无法显示", "请在UTF-8环境（如 LANG=C.UTF-8）下启动。"
        )
    question = "下面四个字能看清吗：满 意 背 靠？不能的，请换用带汉字字体的终端。"
    return Finding(GLYPHS, Level.ASK, "文字编码是UTF-8，字形须目视确认", question, Level.REFUSE)
