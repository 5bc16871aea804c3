"""`decide`: the rules alone, for a paper count."""

from __future__ import annotations

import click

from admin_cli.inputs import COUNT
from admin_cli.session import Session, command
from rounds.errors import BadInput
from rounds.results import OUTCOME_NAMES, PRIORITY_NAMES
from rounds.rules import Decision
from rounds.rules import decide as apply_rules


@command(
    "decide",
    "只按通知的规则判定一组票数，不读写任何测评。",
    example="decide --registered 6 --collected 5 --satisfied 3",
)
@click.option("--registered", required=True, type=COUNT, metavar="N", help="登记注册团员数。")
@click.option("--collected", required=True, type=COUNT, metavar="P", help="实际参与测评人数（收回票数，含空白票）。")
@click.option("--satisfied", type=COUNT, metavar="Y", help="满意票数；参与人数未达三分之二时可不填。")
def decide(session: Session, registered: int, collected: int, satisfied: int | None) -> None:
    """Apply the rules to a paper count; touches no round."""
    if satisfied is not None and satisfied > collected:
        raise BadInput(f"满意票数{satisfied}多于参与测评人数{collected}：请核对两个数。")
    decision = apply_rules(registered, collected, satisfied)
    session.output.facts("按通知判定", _rows(decision, registered, collected, satisfied))
    session.output.answer(
        {
            "registered": registered,
            "collected": collected,
            "satisfied": satisfied if decision.quorum_met else None,
            "outcome": decision.outcome,
            "priorities": decision.priorities,
            "rate": decision.rate_text,
            "rate_percent": decision.rate_percent,
            "quorum_met": decision.quorum_met,
            "quorum_needed": decision.quorum_needed,
            "needed": decision.satisfied_needed,
        }
    )


def _rows(decision: Decision, registered: int, collected: int, satisfied: int | None) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("团员总数", registered),
        ("参与测评人数", f"{collected}（达到三分之二须至少{decision.quorum_needed}）"),
    ]
    if decision.quorum_met:
        rows += [
            ("满意票数", f"{satisfied}（高于50%须至少{decision.satisfied_needed}）"),
            ("满意度", f"{decision.rate_percent}%"),
        ]
    rows.append(("测评结果", OUTCOME_NAMES[decision.outcome]))
    return rows + [("优先推荐", PRIORITY_NAMES[priority]) for priority in decision.priorities]
