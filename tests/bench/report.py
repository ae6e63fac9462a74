"""How figures are printed: medians, and ratios of medians, beside what was wanted."""

from __future__ import annotations

from statistics import median


def row(name: str, values: list[float], unit: str) -> float:
    middle = median(values)
    print(f"  {name:<52} {_shown(middle):>12} {unit:<10} ({_shown(min(values))} to {_shown(max(values))})")
    return middle


def _shown(value: float) -> str:
    return f"{value:,.1f}" if value >= 1 else f"{value:.3f}"


def ratio(name: str, value: float, target: str = "") -> None:
    print(f"  {name:<52} {value:>12.2f} {'times':<10} {target}")


def share(name: str, value: float, target: str) -> None:
    print(f"  {name:<52} {value:>12.0%} {'':<10} {target}")
