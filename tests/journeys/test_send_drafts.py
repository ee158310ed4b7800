"""The ready-made drafts, from the button to what left the house. The journal of the Exchange simulator is the judge."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from addin_backend.sealing.smime_open import Opened, open_message
from demo_world import ANNA, BO, JONAS, LISE, METTE, PETER, RAVI, SEALED, DemoWorld, attachment, delivered, draft, running

TLS, ORDINARY, INTERNAL = "connector_always_tls", "opportunistic", "internal"
CPR = "010190-1234"
LINK = re.compile(r"http://\S+/portal/\S+")
NUMBERS = bytes(range(256)) * 40
SALARIES = "Navn;Løn\nÅse;41.900\n".encode()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    """A demo world for this file."""
    with running(tmp_path_factory.mktemp("drafts") / "data") as made:
        yield made


def read(mime: bytes) -> email.message.EmailMessage:
    """A mail as a reader's program takes it apart."""
    found = email.message_from_bytes(mime, policy=email.policy.default)
    assert isinstance(found, email.message.EmailMessage)
    return found


def text_of(mime: bytes) -> str:
    """The words of a mail."""
    body = read(mime).get_body(("plain", "html"))
    assert body is not None
    return str(body.get_content())


def readable(mime: bytes) -> str:
    """Everything in a mail that can be read without a key."""
    parts = [part for part in read(mime).walk() if part.get_content_maintype() == "text"]
    return "\n".join(str(part.get_content()) for part in parts)


def bytes_of(part: email.message.Message) -> bytes:
    """A part's content, decoded."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def opened_by_us(world: DemoWorld, mime: bytes) -> Opened:
    """The lawyer's mail, opened by the product."""
    folder = world.data / "pki" / "recipients"
    key = load_pem_private_key((folder / f"{PETER}.key.pem").read_bytes(), None)
    return open_message(mime, key, x509.load_pem_x509_certificate((folder / f"{PETER}.pem").read_bytes()))  # type: ignore[arg-type]  # RSA


def opened_by_openssl(world: DemoWorld, mime: bytes, openssl: str, folder: Path) -> bytes:
    """The lawyer's mail, decrypted and its signature verified against the demo roots by openssl."""
    pki = world.data / "pki"
    sealed, signed, inner = folder / "sealed.eml", folder / "signed.eml", folder / "inner.eml"
    sealed.write_bytes(mime)
    key, certificate = pki / "recipients" / f"{PETER}.key.pem", pki / "recipients" / f"{PETER}.pem"
    decrypt = [openssl, "cms", "-decrypt", "-in", sealed, "-inkey", key, "-recip", certificate, "-out", signed]
    verify = [openssl, "cms", "-verify", "-in", signed, "-CAfile", pki / "roots.pem", "-out", inner]
    for command in (decrypt, verify):
        done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    return inner.read_bytes()


def routes(entries: list[dict[str, Any]]) -> dict[str, str]:
    """Recipient and route of each delivery; nobody gets two."""
    assert len({entry["recipient"] for entry in entries}) == len(entries)
    return {entry["recipient"]: entry["via"] for entry in entries}


# --- the five ready-made drafts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "action", "protections", "ticket"),
    [
        ("lunch", "allow", {LISE: "plain"}, False),
        ("cpr", "protect", {BO: "portal"}, False),
        ("health", "protect", {ANNA: "tls"}, True),
        ("salaries", "protect", {ANNA: "tls", PETER: "smime", BO: "portal"}, False),
        ("third_country", "block", {RAVI: "none"}, False),
    ],
)
def test_the_check_of_each_draft(world: DemoWorld, key: str, action: str, protections: dict[str, str], ticket: bool) -> None:
    """Action and protection per recipient as the brief has them; a ticket only where the mail may leave as it is over enforced TLS."""
    answer = world.check(world.sample(key)).json()
    found = {line["address"]: line["protection"] for line in answer["recipients"]}
    assert (action, ticket) == (answer["action"], answer["ticket"] is not None)
    assert protections == {address: found[address] for address in protections}


@pytest.mark.parametrize(("key", "expected"), [("lunch", {LISE: ORDINARY}), ("health", {ANNA: TLS})])
def test_what_outlook_sends_itself(world: DemoWorld, key: str, expected: dict[str, str]) -> None:
    """After the check Outlook sends the draft, with the ticket if there is one; the ticket itself does not leave the house."""
    mail = world.save(world.sample(key))
    before = len(world.journal())
    ticket = world.check(mail).json()["ticket"]
    body = {"mailbox": METTE, "item_id": mail["item_id"], "ticket": ticket}
    assert world.client.post("/playground/api/drafts/send", json=body).status_code == 200
    entries = world.journal()[before:]
    assert expected == routes(entries)
    assert b"x-sendsecurely" not in delivered(entries[0]).lower()


@pytest.mark.parametrize(
    ("key", "expected"),
    [("cpr", {BO: ORDINARY}), ("health", {ANNA: TLS}), ("salaries", {ANNA: TLS, PETER: ORDINARY, BO: ORDINARY})],
)
def test_what_leaves_when_it_is_sent_securely(world: DemoWorld, key: str, expected: dict[str, str]) -> None:
    """One delivery per recipient by the decided route; the draft is gone; nothing readable goes by an ordinary connection."""
    sample = world.sample(key)
    mail = world.save(sample)
    job = world.send(mail, f"leaves-{key}")
    world.tidied(job)
    entries = world.left(job)
    assert ("sent", expected) == (job["state"], routes(entries))
    assert world.item("drafts", mail["item_id"]) is None
    secret = sample["body"].splitlines()[2][:40]
    for entry in entries:
        assert (entry["via"] == TLS) == (secret in readable(delivered(entry)))


def test_the_blocked_draft_stays_and_says_why(world: DemoWorld) -> None:
    """Personal data to a third country: nothing leaves, the draft is as it was, the answer has a law, a reason and a way out that works."""
    mail = world.save(world.sample("third_country"))
    was, before = world.item("drafts", mail["item_id"]), len(world.journal())
    answer = world.press(mail, "blocked-1")
    decision = answer.json()["decision"]
    assert (200, "not_sent", "block") == (answer.status_code, answer.json()["outcome"], decision["action"])
    finding = next(item for item in decision["findings"] if item["code"] == "TF-01")
    assert finding["law"]
    assert finding["texts"]["da"] != finding["texts"]["en"]
    assert decision["ways_out"]
    assert all(way["action"] != "block" for way in decision["ways_out"])
    assert (was, before) == (world.item("drafts", mail["item_id"]), len(world.journal()))


# --- sealed mail ---------------------------------------------------------------------------------------------------------


def test_openssl_reads_the_sealed_mail(world: DemoWorld, tool: Callable[[str], str], tmp_path: Path) -> None:
    """Taken from what left: openssl decrypts it and trusts its signature; inside are the same bytes as we find, attachments intact."""
    files = [
        attachment("tal.bin", "application/octet-stream", NUMBERS),
        attachment("løn.csv", "text/csv", "Navn;Løn\nÅse;41.900\n".encode()),
    ]
    body = f"Kære Peter\n\nCPR-nummer: {CPR}\n.\nFrom the start\nÆØÅ\n"
    job = world.send(draft(PETER, subject="Sag 17 – bilag", body=body, attachments=files), "openssl-1")
    (entry,) = world.left(job)
    mime = delivered(entry)
    inner = opened_by_openssl(world, mime, tool("openssl"), tmp_path)
    ours = opened_by_us(world, mime)
    assert ours.inner == inner
    assert (True, "valid") == (ours.encrypted, ours.signature)
    found = read(inner)
    assert body.split() == text_of(inner).split()
    carried = [(part.get_filename(), bytes_of(part)) for part in found.iter_attachments()]
    assert [("tal.bin", NUMBERS), ("løn.csv", SALARIES)] == carried
    assert CPR.encode() not in mime


def test_a_sensitive_subject_stays_inside(world: DemoWorld) -> None:
    """A CPR number in the subject: the sealed mail shows a neutral one, and the real one stands inside; so does every other copy."""
    subject = f"Vedr. {CPR}"
    job = world.send(draft(ANNA, PETER, BO, subject=subject, body="Se emnet.\n"), "subject-1")
    copies = {entry["recipient"]: delivered(entry) for entry in world.left(job)}
    assert {ANNA, PETER, BO} == set(copies)
    assert "Sikker mail" in str(read(copies[PETER])["Subject"])
    assert subject == str(read(opened_by_us(world, copies[PETER]).message)["Subject"])
    assert CPR.encode() not in copies[PETER] + copies[BO]
    assert subject == str(read(copies[ANNA])["Subject"])


def test_a_harmless_subject_stays_outside(world: DemoWorld) -> None:
    """The recipient sees what it is about."""
    job = world.send(draft(PETER, subject="Møde om sag 17", body=f"CPR-nummer: {CPR}\n"), "subject-2")
    assert str(read(delivered(world.left(job)[0]))["Subject"]) == "Møde om sag 17"


def test_bcc_recipients_are_visible_to_nobody(world: DemoWorld) -> None:
    """Bcc of all kinds (enforced TLS, S/MIME, secure page, colleague): no other copy, header or envelope, outside or inside, names them."""
    job = world.send(draft(LISE, subject="Referat", body=f"CPR-nummer: {CPR}\n", bcc=[ANNA, PETER, BO, JONAS]), "hidden-1")
    entries = world.left(job)
    assert {LISE, ANNA, PETER, BO, JONAS} == {entry["recipient"] for entry in entries}
    for entry in entries:
        mime = delivered(entry)
        inside = opened_by_us(world, mime).message if entry["recipient"] == PETER else b""
        for hidden in {ANNA, PETER, BO, JONAS} - {entry["recipient"]}:
            assert hidden.encode() not in (mime + inside).lower(), (entry["recipient"], hidden)
        assert b"\nbcc:" not in mime.lower()
    for item in world.items("inbox", JONAS):
        assert not any(hidden.encode() in world.mime(item["id"], JONAS).lower() for hidden in (ANNA, PETER, BO))


# --- the secure page -----------------------------------------------------------------------------------------------------


def test_the_link_leads_to_an_honest_page(world: DemoWorld) -> None:
    """The notification holds a neutral subject and a link, the page answers in Danish and English, and neither tells of the content."""
    mail = draft(BO, subject="Zebraernes forsikring", body=f"CPR-nummer: {CPR}. Violette zebraer.\n",
                 attachments=[attachment("zebra.txt", "text/plain", b"striber")])  # fmt: skip
    job = world.send(mail, "portal-1")
    (entry,) = world.left(job)
    mime = delivered(entry)
    (link,) = set(LINK.findall(text_of(mime)))
    assert link.startswith(world.url)
    with httpx.Client(trust_env=False) as stranger:
        pages = {language: stranger.get(link, params={"lang": language}) for language in ("da", "en")}
    assert [200, 200] == [page.status_code for page in pages.values()]
    assert pages["da"].text != pages["en"].text
    assert all(f'lang="{language}"' in page.text for language, page in pages.items())
    for word in ("zebra", "striber", CPR, "010190"):
        assert not any(word in text.lower() for text in (mime.decode(), text_of(mime), pages["da"].text, pages["en"].text)), word


@pytest.mark.parametrize("unknown", ["0" * 40, "nej", "../../keys.json", "%00" * 20])
def test_an_unknown_link_is_a_404_page(world: DemoWorld, unknown: str) -> None:
    """For a person: a page with a sentence, not JSON."""
    answer = httpx.get(f"{world.url}/portal/{unknown}", trust_env=False)
    assert (404, "text/html") == (answer.status_code, answer.headers["content-type"].partition(";")[0])


# --- the sender's mailbox ------------------------------------------------------------------------------------------------


def test_sent_items_has_one_readable_copy(world: DemoWorld) -> None:
    """One copy in Sent Items with all recipients and a line for each that says how; the sealed copies lie apart; the draft is gone."""
    mail = world.save(draft(ANNA, JONAS, cc=[PETER], bcc=[BO], subject="Fire måder", body=f"CPR-nummer: {CPR}\n"))
    job = world.send(mail, "copies-1")
    world.tidied(job)
    (copy,) = [item for item in world.items("sentitems") if item["subject"] == "Fire måder"]
    shown = text_of(world.mime(copy["id"]))
    lines = [f"{ANNA}: sikker forbindelse", f"{JONAS}: ", f"{PETER}: krypteret", "Bcc: sikker side"]
    assert [True] * 4 == [any(line.startswith(start) for line in shown.splitlines()) for start in lines], shown
    assert CPR in shown
    assert False is copy["is_draft"]
    sealed = [item for item in world.items(SEALED) if item["marker"].startswith(job["job_id"])]
    assert sorted(item["marker"].rpartition(".")[2] for item in sealed) == ["clear", "portal0", "smime"]
    assert [item for item in world.items("drafts") if item["id"] == mail["item_id"] or item["marker"]] == []


def test_enforced_tls_alone_leaves_nothing_extra(world: DemoWorld) -> None:
    """All recipients by enforced TLS: the mail itself stands in Sent Items, once, unchanged, and nothing in the folder of sealed copies."""
    job = world.send(world.save(draft(ANNA, subject="Kun TLS", body=f"CPR-nummer: {CPR}\n")), "only-tls-1")
    world.tidied(job)
    (copy,) = [item for item in world.items("sentitems") if item["subject"] == "Kun TLS"]
    assert text_of(world.mime(copy["id"])).strip() == f"CPR-nummer: {CPR}"
    assert [item for item in world.items(SEALED) if item["marker"].startswith(job["job_id"])] == []
