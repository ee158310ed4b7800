"""A code that is said on the telephone: what counts of it, what is refused, and that its digest tells nothing."""

from __future__ import annotations

import pytest

from addin_backend.sealing.agreed_code import digested, heard, matches, weakness


def test_a_code_opens_however_it_is_written_down_and_nothing_else_does() -> None:
    """It was heard: case, blanks and hyphens do not count. Each digest has a salt of its own."""
    kept = digested("Blå hest-4277")
    assert kept != digested("Blå hest-4277")
    assert "hest" not in kept
    assert matches("BLÅHEST 42 77", kept)
    assert not matches("blåhest4278", kept)


@pytest.mark.parametrize(
    "kept", ["", "blåhest4277", "$scrypt$ln=1,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43, "$scrypt$ln=15,r=8,p=1$A$B"]
)
def test_what_is_no_digest_of_ours_opens_for_nobody(kept: str) -> None:
    """Also one with weaker parameters, and the code itself."""
    assert not matches("blåhest4277", kept)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("hest-42", "short"),
        ("- - - - - - - - -", "short"),
        ("x1y2" * 17, "long"),
        ("12345678", "easy"),
        ("ABCD-EFGH", "easy"),
        ("aaaa bbbb", "easy"),
        ("010190-1234", "identifier"),
        ("610190 1234", "identifier"),
        ("7391824650", ""),
        ("blå hest 42", ""),
    ],
)
def test_a_code_that_somebody_would_guess_is_refused(code: str, expected: str) -> None:
    """Too short, a row on the keyboard, or a CPR number, which many know."""
    assert weakness(code) == expected


def test_letters_of_another_width_are_the_same_letters() -> None:
    """NFKC, as for passwords (RFC 8265)."""
    assert heard("Ｈest４２ｘｙ") == heard("hest42xy")
