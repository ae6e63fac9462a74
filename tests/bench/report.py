"""How figures are printed: medians, and ratios of medians, beside what was wanted."""

from __future__ import annotations

from statistics import median


def row(name: str, values: list[float], unit: str) -> float:
    middle = median(values)
    print(f"  {name:<52} {middle:>12,.1f} {unit:<10} ({min(values):,.1f} to {max(values):,.1f})")
    return middle


def ratio(name: str, value: float, wanted: str = "") -> None:
    print(f"  {name:<52} {value:>12.2f} {'times':<10} {wanted}")


def share(name: str, value: float, wanted: str) -> None:
    print(f"  {name:<52} {value:>12.0%} {'':<10} {wanted}")
