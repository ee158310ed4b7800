"""Amounts about a person: pay, debt, pension, tax."""

from __future__ import annotations

import pytest

from content_samples import evidence


def _found(body: str) -> bool:
    return any(hit.recogniser == "salary" for hit in evidence(body).hits)


@pytest.mark.parametrize(
    "body",
    [
        "Du får 52.000 kr. om måneden i løn fra juli",
        "Bo Madsen tjener 45.000 kr.",
        "Hendes løn er 38.500 kr. pr. måned",
        "Hans årsløn er 640.000 kr.",
        "Karens indkomst var 410.000 kr. i 2023",
        "Lise skylder 120.000 kr.",
        "Hans gæld er 300.000 kr.",
        "Her salary is £45,000",
        "John earns £3,200 a month",
        "Mary owes €12,500",
        "His income was 500.000 DKK",
        "Min pension bliver 14.200 kr. om måneden",
        "Hendes dagpenge er 19.322 kr.",
        "Bo får 25.000 kr. i bonus",
        "Hun får kontanthjælp, 11.500 kr.",
        "His debt of $20,000",
        "Lises restskat er 14.300 kr.",
        "Hans opsparing på 250.000 kr.",
        "Ægteparret har et lån på 1.200.000 kr.",
    ],
)
def test_pay_is_found(body: str) -> None:
    """Amounts near a word for pay, of somebody."""
    assert _found(body)


@pytest.mark.parametrize(
    "body",
    [
        "Licensen koster 4.200 kr. om måneden pr. bruger",
        "Huslejen er 9.000 kr. om måneden",
        "Prisen er 52.000 kr.",
        "Firmaet har en omsætning på 12.000.000 kr.",
        "Gennemsnitlig løn er 42.000 kr.",
        "Abonnement 99 kr. om måneden",
        "Budgettet er 500.000 kr.",
        "Præmien er 4.500 kr. om året",
        "Stillingens løn er 45.000 kr.",
        "Average salary: £40,000",
        "The fee is £300 a month",
        "Lønsum 4.000.000 kr. for selskabet",
        "Kontingent 200 kr. om måneden",
        "Vi har 52.000 besøgende om måneden",
        "Hosting koster 900 kr. pr. måned",
    ],
)
def test_pay_is_told_from_others(body: str) -> None:
    """Prices, budgets, companies, averages."""
    assert not _found(body)
