"""Dates and times as official papers write them: 2017年4月1日, 14时30分."""

from __future__ import annotations

from datetime import date, datetime

BLANK_DATE = "　　　　年　　月　　日"
"""To be filled in by hand."""


def chinese_date(day: date) -> str:
    """2017年4月1日, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_moment(stamp: str) -> str:
    """A signed file's time (ISO 8601 with offset, '' for none) on its own calendar: 2017年4月1日14时30分."""
    if not stamp:
        return ""
    moment = datetime.fromisoformat(stamp)
    return f"{chinese_date(moment)}{moment.hour}时{moment.minute:02d}分"


def chinese_window(opens: str, closes: str) -> str:
    """From when to when; one sentence part for each end that is set, '' where neither is."""
    begin, end = chinese_moment(opens), chinese_moment(closes)
    if begin and end:
        return f"{begin}至{end}"
    return f"{begin}起" if begin else f"{end}前" if end else ""


def chinese_span(first: date, last: date) -> str:
    """2017年4月3日至4月5日; the year is repeated only where it changes."""
    if first == last:
        return chinese_date(first)
    end = f"{last.month}月{last.day}日" if first.year == last.year else chinese_date(last)
    return f"{chinese_date(first)}至{end}"
