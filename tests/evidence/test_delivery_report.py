"""Reading a report: every form that is in use, and bytes that only look like one."""

from __future__ import annotations

import random

import pytest

from addin_backend.evidence.delivery_report import MOST_IDS, MOST_LINES, Action, DeliveryReport, Line, read_report
from sizes import size

OURS = "<0123456789abcdef.clear@nordlys.example>"
EXCHANGE = b"From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@nordlys.example>\r\n"
INTERNAL = b"X-MS-Exchange-Organization-AuthAs: Internal\r\n"


def report(
    status: bytes, returned: bytes = f"Message-ID: {OURS}\r\n".encode(), *, head: bytes = b"", kind: bytes = b"message/rfc822"
) -> bytes:
    """A multipart/report with these parts."""
    return (
        head + b'Subject: Undeliverable\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="b 1"\r\n\r\n'
        b"preamble\r\n--b 1\r\n\r\nIt did not arrive.\r\n--b 1\r\nContent-Type: message/delivery-status\r\n\r\n" + status
        + b"\r\n--b 1\r\nContent-Type: " + kind + b"\r\n\r\n" + returned + b"\r\n--b 1--\r\n"
    )  # fmt: skip


ONE = (
    b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; <Bo@Postkasse.example>\r\nAction: failed\r\n"
    b"Status: 5.1.1 (no such user)\r\n"
)
LATE = ONE.replace(b"failed", b"delayed").replace(b"5.1.1", b"4.4.1")
TWO = b"Reporting-MTA: x\r\n\r\nOriginal-Recipient: rfc822;bo@a.example\r\nFinal-Recipient: rfc822;x@b.example\r\nAction: Failed\r\n"
BO = Line(addresses=("bo@postkasse.example",), action=Action.FAILED, status="5.1.1")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (report(ONE), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=False)),
        (report(ONE, kind=b"text/rfc822-headers"), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=False)),
        (report(ONE.replace(b"\r\n", b"\n")), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=False)),
        (report(ONE, head=EXCHANGE + INTERNAL), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=True)),
        (report(ONE, head=b"From: anna@nordlys.example\r\n" + INTERNAL), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=False)),
        (report(ONE, head=EXCHANGE), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=False)),
        (report(ONE, head=EXCHANGE + EXCHANGE + INTERNAL), DeliveryReport(message_ids=(OURS,), lines=(BO,), own=False)),
        (
            report(LATE, b"Subject: x\r\n", head=f"In-Reply-To: {OURS}\r\n".encode()),
            DeliveryReport(
                message_ids=(OURS,), lines=(Line(addresses=BO.addresses, action=Action.DELAYED, status="4.4.1"),), own=False
            ),
        ),
        (
            report(TWO),
            DeliveryReport(message_ids=(OURS,), lines=(Line(addresses=("bo@a.example", "x@b.example"), action=Action.FAILED),), own=False),
        ),
        (report(ONE.replace(b"failed", b"delivered")), DeliveryReport(message_ids=(OURS,), lines=(), own=False)),
        (report(ONE.replace(b"rfc822; <Bo@Postkasse.example>", b"x400; /G=Bo/")), DeliveryReport(message_ids=(OURS,), lines=(), own=False)),
        (report(ONE.replace(b"Action: failed\r\n", b"")), DeliveryReport(message_ids=(OURS,), lines=(), own=False)),
        (
            f"References: <a@b> {OURS}\r\nX-Failed-Recipients: bo@postkasse.example,\r\n anna@x.example\r\n\r\nText\r\n".encode(),
            DeliveryReport(
                message_ids=("<a@b>", OURS),
                lines=tuple(Line(addresses=(one,), action=Action.FAILED) for one in ("bo@postkasse.example", "anna@x.example")),
                own=False,
            ),
        ),
        (b"", DeliveryReport(message_ids=(), lines=(), own=False)),
        (b"\x00\xff" * 5000, DeliveryReport(message_ids=(), lines=(), own=False)),
    ],
)  # fmt: skip
def test_what_a_report_says(raw: bytes, expected: DeliveryReport) -> None:
    """Each form gives its recipients, its mail and whether our own Exchange wrote it; what says nothing says nothing."""
    assert expected == read_report(raw)


def test_a_report_is_read_within_bounds() -> None:
    """Ten megabytes, too many recipients, too many ids, nested boundaries: what is over the bounds is not read, and it takes no time."""
    many = b"Reporting-MTA: x\r\n" + b"".join(
        f"\r\nFinal-Recipient: rfc822;n{number}@x.example\r\nAction: failed\r\n".encode() for number in range(3 * MOST_LINES)
    )
    found = read_report(report(many, head=b"References: " + b" ".join(b"<%d@x>" % number for number in range(900)) + b"\r\n"))
    assert (True, True) == (0 < len(found.lines) < MOST_LINES, len(found.message_ids) <= MOST_IDS)
    assert (BO,) == read_report(report(ONE, b"x" * 10_000_000)).lines
    assert () == read_report(b'Content-Type: multipart/report; boundary="b"\r\n\r\n' + b"--b\r\n" * 200_000).lines


def test_no_bytes_make_it_fail() -> None:
    """Changed, cut and doubled bytes: it always answers, and never with a recipient whom nobody named."""
    dice = random.Random(20261128)
    whole = report(ONE, head=EXCHANGE + INTERNAL)
    for _ in range(size(sample=300, full=20_000)):
        raw = bytearray(whole)
        for _ in range(dice.randrange(1, 8)):
            at = dice.randrange(len(raw))
            match dice.randrange(3):
                case 0:
                    raw[at] = dice.randrange(256)
                case 1:
                    del raw[at : at + dice.randrange(1, 40)]
                case _:
                    raw[at:at] = raw[at : at + dice.randrange(1, 80)]
        found = read_report(bytes(raw))
        assert len(found.lines) <= 8
