"""Whether two short words are one slip of the hand apart (Damerau: a letter more, fewer, changed, or two neighbours swapped)."""

from __future__ import annotations


def one_slip(first: str, second: str) -> bool:
    """Whether exactly one edit makes one of the other. Linear in the length."""
    if first == second or abs(len(first) - len(second)) > 1:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    left, right = first[start:], second[start:]
    if len(left) == len(right):
        return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
    return left[1:] == right if len(left) > len(right) else left == right[1:]
