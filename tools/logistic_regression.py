"""Logistic regression on sparse rows with L2 regularisation, by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Vector = NDArray[np.float64]
Row = tuple[NDArray[np.int64], Vector]  # numbers of the features and their values
Matrix: TypeAlias = csr_matrix
KEPT_STEPS = 8
HALVINGS = 20
ENOUGH = 1e-4  # relative gain below which it stops


@dataclass(frozen=True, slots=True)
class Sparse:
    """Rows over the features that occur in any of them. ``used``: the number of each column's feature, in order. ``columns``: the same,
    turned: the gradient reads it as fast as the loss reads the rows.
    """

    rows: Matrix
    columns: Matrix
    used: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows, their labels (0 or 1) and their weights; a row of weight 0 teaches nothing."""

    given: Sparse
    labels: Vector
    weights: Vector


def sparse(rows: Sequence[Row]) -> Sparse:
    """The rows as one matrix."""
    ids = np.concatenate([row[0] for row in rows])
    used, place = np.unique(ids, return_inverse=True)
    starts = np.concatenate([[0], np.cumsum([len(row[0]) for row in rows])])
    matrix = csr_matrix((np.concatenate([row[1] for row in rows]), place, starts), shape=(len(rows), len(used)))
    matrix.sort_indices()
    return Sparse(matrix, matrix.T.tocsr(), used)


class _Loss:
    """The regularised loss and its gradient over the features that occur; the bias stands last."""

    def __init__(self, given: Problem, strength: float) -> None:
        self.given, self.strength = given, strength
        self.sign = 2 * given.labels - 1

    def __call__(self, weights: Vector) -> tuple[float, Vector]:
        given = self.given
        margin = self.sign * (given.given.rows @ weights[:-1] + weights[-1])
        pull = np.full(len(weights), self.strength)
        pull[-1] = 1e-6
        loss = float((given.weights * np.logaddexp(0, -margin)).sum() + 0.5 * (pull * weights * weights).sum())
        slope = -(given.weights * self.sign / (1 + np.exp(np.clip(margin, -50, 50))))
        return loss, np.append(given.given.columns @ slope, slope.sum()) + pull * weights


def _direction(gradient: Vector, steps: list[Vector], changes: list[Vector]) -> Vector:
    direction, shares = gradient.copy(), []
    for step, change in zip(reversed(steps), reversed(changes), strict=True):
        share = float(step @ direction) / float(change @ step)
        shares.append(share)
        direction -= share * change
    if steps:
        direction *= float(steps[-1] @ changes[-1]) / float(changes[-1] @ changes[-1])
    else:
        direction /= max(1.0, float(np.linalg.norm(gradient)))
    for step, change, share in zip(steps, changes, reversed(shares), strict=True):
        direction += step * (share - float(change @ direction) / float(change @ step))
    return -direction


def _minimum(loss: _Loss, start: Vector, rounds: int) -> Vector:
    weights = start
    value, gradient = loss(weights)
    steps: list[Vector] = []
    changes: list[Vector] = []
    for _ in range(rounds):
        direction = _direction(gradient, steps, changes)
        slope, length = float(gradient @ direction), 1.0
        for _ in range(HALVINGS):
            next_value, next_gradient = loss(weights + length * direction)
            if next_value <= value + 1e-4 * length * slope:
                break
            length /= 2
        step, change = length * direction, next_gradient - gradient
        if float(step @ change) > 1e-12:
            steps, changes = [*steps, step][-KEPT_STEPS:], [*changes, change][-KEPT_STEPS:]
        done = abs(value - next_value) < ENOUGH * max(1.0, abs(value))
        weights, value, gradient = weights + step, next_value, next_gradient
        if done:
            break
    return weights


def fit(given: Problem, strength: float, rounds: int, start: tuple[Vector, float] | None = None) -> tuple[Vector, float]:
    """The weights of the columns and the bias. Deterministic."""
    first = np.zeros(given.given.rows.shape[1] + 1) if start is None else np.append(start[0], start[1])
    found = _minimum(_Loss(given, strength), first, rounds)
    return found[:-1], float(found[-1])
