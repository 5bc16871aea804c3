"""The order of casting over 200 rounds, and single votes from snapshots: what is recovered is what chance gives."""

from __future__ import annotations

from pathlib import Path

from box_factory import make_box
from planted_stores import PLANTS
from secrecy_experiments import (
    Correlations,
    GuessRate,
    guesses,
    order_experiment,
    random_choices,
    snapshot_experiment,
    watch_round,
)


def test_the_order_is_chance_over_200_rounds_and_read_from_every_planted_store(scratch: Path) -> None:
    found = order_experiment(scratch, 200, ballots=12)
    assert found.alarms == 0
    assert abs(found.box.mean) <= found.box.mean_bound, found.box.mean
    assert abs(found.box.spread - 1) <= found.box.spread_bound, found.box.spread
    assert found.controls.keys() == PLANTS.keys()
    for name, correlation in found.controls.items():  # text marks move cells either way: ρ of either sign
        assert abs(correlation) >= PLANTS[name][2], name


def test_the_bounds_refuse_an_order_that_is_known_now_and_then() -> None:
    """The control of the statistic: every tenth round known, or all of them now forwards, now backwards."""
    chance = [0.23, -0.23] * 100  # variance 1/(20-1)
    assert Correlations(tuple(chance), 20).is_chance
    assert not Correlations((*chance[:180], *[1.0] * 20), 20).is_chance
    assert not Correlations((1.0, -1.0) * 100, 20).is_chance
    assert GuessRate(90, 240).is_chance
    assert not GuessRate(120, 240).is_chance


def test_single_votes_from_snapshots_are_chance_without_the_stick_or_without_codes(scratch: Path) -> None:
    found = snapshot_experiment(scratch, 14)
    for what, rate in found.box.items():
        assert rate.is_chance, (what, rate)
    assert {what: rate.rate for what, rate in found.controls.items()} == dict.fromkeys(found.controls, 1.0)


def test_on_the_same_disk_the_snapshots_hold_the_keys(scratch: Path) -> None:
    """What the opening screen and the result call weaker: the slots are copied with the box."""
    watched = watch_round(make_box(scratch / "home", members=8), random_choices(8))
    assert all(key in snapshot.everything for snapshot in watched.snapshots for key in snapshot.keys)
    assert guesses(watched, codes=True, stick=True) == list(watched.choices)
    watched = watch_round(make_box(scratch / "other", token=scratch / "stick", members=8), random_choices(8))
    assert not any(key in snapshot.everything for snapshot in watched.snapshots for key in snapshot.keys)
