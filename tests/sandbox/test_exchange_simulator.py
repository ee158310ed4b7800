"""The Exchange simulator answers as Exchange does, asked with bare SOAP."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from exchange_simulator import BO, JONAS, KARIN, METTE, World, delivered, running

S = "http://schemas.xmlsoap.org/soap/envelope/"
M = "http://schemas.microsoft.com/exchange/services/2006/messages"
T = "http://schemas.microsoft.com/exchange/services/2006/types"
SERVICE = ("addin-backend", "sandbox")
SUBJECT = '<t:SetItemField><t:FieldURI FieldURI="item:Subject"/><t:Message><t:Subject>{}</t:Subject></t:Message></t:SetItemField>'
TO_BO = f"<t:ToRecipients><t:Mailbox><t:EmailAddress>{BO}</t:EmailAddress></t:Mailbox></t:ToRecipients>"
SEND = '<m:SendItem SaveItemToFolder="true"><m:ItemIds>{}</m:ItemIds></m:SendItem>'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One simulator for the file; at the end, every answer it gave matched the schemas."""
    with running(tmp_path_factory.mktemp("exchange")) as made:
        yield made
        assert [] == [violation for violation in made.violations() if violation.startswith("answer")]


def post(world: World, content: str, *, mailbox: str = METTE, auth: tuple[str, str] | None = SERVICE) -> httpx.Response:
    """One SOAP request, as an account that impersonates ``mailbox``."""
    sid = f"<t:ConnectingSID><t:PrimarySmtpAddress>{mailbox}</t:PrimarySmtpAddress></t:ConnectingSID>"
    envelope = (
        f'<s:Envelope xmlns:s="{S}" xmlns:m="{M}" xmlns:t="{T}">\n'
        f"<s:Header><t:ExchangeImpersonation>{sid}</t:ExchangeImpersonation></s:Header>\n<s:Body>{content}</s:Body></s:Envelope>"
    )
    return httpx.post(world.simulator.endpoint, content=envelope.encode(), auth=auth, timeout=20)


def code(answer: httpx.Response) -> str:
    """The first response code of an answer or fault."""
    return group(r"ResponseCode[^>]*>([A-Za-z]+)<", answer)


def group(pattern: str, answer: httpx.Response) -> str:
    """What the first group of the pattern finds."""
    found = re.search(pattern, answer.text)
    assert found, answer.text
    return found.group(1)


def ids(answer: httpx.Response) -> list[tuple[str, str]]:
    """(Id, ChangeKey) of every ItemId, in order."""
    return re.findall(r'<t:ItemId Id="([^"]+)" ChangeKey="([^"]+)"', answer.text)


def item_id(item: tuple[str, str]) -> str:
    """A t:ItemId."""
    return f'<t:ItemId Id="{item[0]}" ChangeKey="{item[1]}"/>'


def create(world: World, message: str, disposition: str = "SaveOnly", mailbox: str = METTE) -> httpx.Response:
    """CreateItem."""
    items = f"<m:Items><t:Message>{message}</t:Message></m:Items>"
    return post(world, f'<m:CreateItem MessageDisposition="{disposition}">{items}</m:CreateItem>', mailbox=mailbox)


def mime_content(mime: bytes) -> str:
    """A t:MimeContent."""
    return f"<t:MimeContent>{base64.b64encode(mime).decode()}</t:MimeContent>"


def get(world: World, item: tuple[str, str], more: str = "", mailbox: str = METTE) -> httpx.Response:
    """GetItem with all properties and what else is asked for."""
    shape = f"<m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>{more}</m:ItemShape>"
    return post(world, f"<m:GetItem>{shape}<m:ItemIds>{item_id(item)}</m:ItemIds></m:GetItem>", mailbox=mailbox)


def update(world: World, item: tuple[str, str], updates: str, resolution: str = "NeverOverwrite") -> httpx.Response:
    """UpdateItem."""
    changes = f"<m:ItemChanges><t:ItemChange>{item_id(item)}<t:Updates>{updates}</t:Updates></t:ItemChange></m:ItemChanges>"
    return post(world, f'<m:UpdateItem ConflictResolution="{resolution}" MessageDisposition="SaveOnly">{changes}</m:UpdateItem>')


@pytest.mark.parametrize(
    ("content", "element"),
    [
        ('<m:GetItem><m:ItemIds><t:ItemId Id="a"/></m:ItemIds></m:GetItem>', "m:ItemIds"),
        ("<m:GetItem><m:ItemShape><t:BaseShape>Everything</t:BaseShape></m:ItemShape><m:ItemIds/></m:GetItem>", "t:BaseShape"),
        ('<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Body BodyType="Text">x</t:Body><t:Subject>late</t:Subject>'
         "</t:Message></m:Items></m:CreateItem>", "t:Subject"),
        ("<m:SendItem><m:ItemIds><t:ItemId Id='a'/></m:ItemIds></m:SendItem>", "m:SendItem"),
        ("<m:Nonsense/>", "m:Nonsense"),
        ('<m:DeleteItem DeleteType="Shred"><m:ItemIds><t:ItemId Id="a"/></m:ItemIds></m:DeleteItem>', "m:DeleteItem"),
    ],
)  # fmt: skip
def test_an_invalid_request_is_a_fault_with_its_place(world: World, content: str, element: str) -> None:
    """ErrorSchemaValidation in an HTTP 500, with the line and the position of the element that is wrong."""
    answer = post(world, content)
    assert (500, "ErrorSchemaValidation") == (answer.status_code, code(answer))
    line, position = (int(group(rf"<t:{name}>(\d+)<", answer)) for name in ("LineNumber", "LinePosition"))
    sent = answer.request.content.decode().splitlines()[line - 1]
    assert sent[position - 1 :].startswith(f"<{element}")


@pytest.mark.parametrize(
    "received",
    [
        b"", b"no xml", b"<a>", b"\xff\xfe",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><s:Envelope xmlns:s="%s"><s:Body>&x;</s:Body></s:Envelope>' % S.encode(),
    ],
)  # fmt: skip
def test_what_is_no_soap_is_a_fault(world: World, received: bytes) -> None:
    """Never a traceback, and no entity is read."""
    answer = httpx.post(world.simulator.endpoint, content=received, auth=SERVICE, timeout=20)
    assert (500, "ErrorSchemaValidation") == (answer.status_code, code(answer))


@pytest.mark.parametrize(
    ("auth", "mailbox", "status", "expected"),
    [
        (None, METTE, 401, None),
        (("addin-backend", "wrong"), METTE, 401, None),
        ((METTE, "sandbox"), METTE, 200, "ErrorItemNotFound"),
        ((METTE, "sandbox"), JONAS, 500, "ErrorImpersonateUserDenied"),
        (SERVICE, "nobody@nordlys.example", 500, "ErrorNonExistentMailbox"),
    ],
)
def test_who_may_reach_which_mailbox(world: World, auth: tuple[str, str] | None, mailbox: str, status: int, expected: str | None) -> None:
    """The service account impersonates everyone, an employee only themselves."""
    shape = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
    content = f'<m:GetItem>{shape}<m:ItemIds><t:ItemId Id="x"/></m:ItemIds></m:GetItem>'
    answer = post(world, content, mailbox=mailbox, auth=auth)
    assert status == answer.status_code
    assert expected is None or expected == code(answer)


def test_one_mailbox_does_not_see_anothers_items(world: World) -> None:
    """An id of Mette's is not found in Jonas's mailbox."""
    (item,) = ids(create(world, "<t:Subject>mine</t:Subject>"))
    assert ["NoError", "ErrorItemNotFound"] == [code(get(world, item)), code(get(world, item, mailbox=JONAS))]


def test_every_write_gives_a_new_change_key(world: World) -> None:
    """A stale key is a conflict, a missing one an error of its own, AlwaysOverwrite goes through."""
    (first,) = ids(create(world, "<t:Subject>one</t:Subject>"))
    (second,) = ids(update(world, first, SUBJECT.format("two")))
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert "ErrorIrresolvableConflict" == code(update(world, first, SUBJECT.format("three")))
    assert "two" in get(world, first).text
    assert "NoError" == code(update(world, first, SUBJECT.format("four"), "AlwaysOverwrite"))
    keyless = f'<m:SendItem SaveItemToFolder="false"><m:ItemIds><t:ItemId Id="{first[0]}"/></m:ItemIds></m:SendItem>'
    assert "ErrorChangeKeyRequiredForWriteOperations" == code(post(world, keyless))


def test_a_mail_without_recipients_cannot_be_sent(world: World) -> None:
    """ErrorInvalidRecipients, and the draft stays."""
    (item,) = ids(create(world, "<t:Subject>to nobody</t:Subject>"))
    assert "ErrorInvalidRecipients" == code(post(world, SEND.format(item_id(item))))
    assert "NoError" == code(get(world, item))


@pytest.mark.parametrize(
    ("content_type", "item_class"),
    [
        ("text/plain", "IPM.Note"),
        ('multipart/signed; protocol="application/pkcs7-signature"; boundary=b', "IPM.Note.SMIME.MultipartSigned"),
        ("application/pkcs7-mime; smime-type=enveloped-data", "IPM.Note.SMIME"),
        ("application/x-pkcs7-mime", "IPM.Note.SMIME"),
    ],
)
def test_the_class_follows_the_content_type(world: World, content_type: str, item_class: str) -> None:
    """As MS-OXOSMIME has it; a sealed mail has one attachment."""
    (item,) = ids(create(world, mime_content(f"Subject: s\r\nContent-Type: {content_type}\r\n\r\nx\r\n".encode())))
    answer = get(world, item).text
    assert f"<t:ItemClass>{item_class}</t:ItemClass>" in answer
    assert f"<t:HasAttachments>{'false' if item_class == 'IPM.Note' else 'true'}</t:HasAttachments>" in answer


def test_mime_becomes_properties(world: World) -> None:
    """Recipients, subject, threading, importance, attachments and X- headers of the MIME are read."""
    mime = (
        b"From: Mette Holm <mette.holm@nordlys.example>\r\nTo: =?utf-8?q?Bo_S=C3=B8n?= <bo.madsen@postkasse.example>\r\nCc: x@y.example\r\n"
        b"Subject: =?utf-8?b?w4ZyZXQ=?=\r\nMessage-ID: <p@nordlys.example>\r\n"
        b"In-Reply-To: <o@y.example>\r\nImportance: high\r\nX-Own: kept\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hej</p>\r\n--b\r\n'
        b'Content-Type: text/csv; name="l.csv"\r\nContent-Disposition: attachment; filename="l.csv"\r\n\r\na;b\r\n--b--\r\n'
    )
    (item,) = ids(create(world, mime_content(mime)))
    own = '<t:ExtendedFieldURI DistinguishedPropertySetId="InternetHeaders" PropertyName="X-Own" PropertyType="String"/>'
    more = f'<t:AdditionalProperties><t:FieldURI FieldURI="item:Attachments"/>{own}</t:AdditionalProperties>'
    answer = get(world, item, more).text
    for expected in ("Bo Søn", "x@y.example", "Æret", "&lt;p@nordlys.example&gt;", "&lt;o@y.example&gt;", "<t:Importance>High<", "l.csv",
                     '<t:Body BodyType="HTML">&lt;p&gt;Hej&lt;/p&gt;</t:Body>', "<t:Value>kept</t:Value>"):  # fmt: skip
        assert expected in answer


def test_sending_strips_bcc_and_keeps_the_senders_copy(world: World) -> None:
    """SendAndSaveCopy answers without an id, delivers to both, and only the sender's copy knows the Bcc."""
    answer = create(world, mime_content(f"To: {BO}\r\nBcc: {JONAS}\r\nSubject: hidden-1\r\n\r\nx\r\n".encode()), "SendAndSaveCopy")
    assert ([], "NoError") == (ids(answer), code(answer))
    lines = httpx.get(f"{world.simulator.address}/sandbox/journal", timeout=20).text.splitlines()
    entries = [entry for entry in map(json.loads, lines) if b"hidden-1" in delivered(entry)]
    assert {BO: False, JONAS: True} == {entry["recipient"]: entry["bcc"] for entry in entries}
    assert not any(b"bcc" in delivered(entry).lower() or JONAS.encode() in delivered(entry) for entry in entries)
    (copy,) = [item for item in world.items(METTE, "sentitems") if item["subject"] == "hidden-1"]
    assert [JONAS] == [person["address"] for person in copy["bcc"]]
    (received,) = [item for item in world.items(JONAS, "inbox") if item["subject"] == "hidden-1"]
    assert [] == received["bcc"]


def test_send_only_keeps_no_copy(world: World) -> None:
    """SendOnly delivers and leaves nothing behind."""
    create(world, mime_content(f"To: {KARIN}\r\nSubject: no-copy\r\n\r\nx\r\n".encode()), "SendOnly")
    assert ["no-copy"] == [item["subject"] for item in world.items(KARIN, "inbox") if item["subject"] == "no-copy"]
    assert [] == [item for item in world.items(METTE, "sentitems") if item["subject"] == "no-copy"]


@pytest.mark.parametrize(
    ("kind", "folder"), [("HardDelete", None), ("SoftDelete", "recoverableitemsdeletions"), ("MoveToDeletedItems", "deleteditems")]
)
def test_deleting_three_ways(world: World, kind: str, folder: str | None) -> None:
    """The old id is not found afterwards; what was moved lies there under a new one."""
    (item,) = ids(create(world, f"<t:Subject>{kind}</t:Subject>"))
    delete = f'<m:DeleteItem DeleteType="{kind}"><m:ItemIds>{item_id(item)}</m:ItemIds></m:DeleteItem>'
    assert ["NoError", "ErrorItemNotFound"] == [code(post(world, delete)) for _ in range(2)]
    assert "ErrorItemNotFound" == code(get(world, item))
    moved = [row["id"] for row in world.items(METTE, folder) if row["subject"] == kind] if folder else []
    assert (1 if folder else 0) == len(moved)
    assert item[0] not in moved


def find(world: World, restriction: str, view: str = "", order: str = "") -> httpx.Response:
    """FindItem in Karin's drafts, with the subjects."""
    subject = '<t:AdditionalProperties><t:FieldURI FieldURI="item:Subject"/></t:AdditionalProperties>'
    shape = f"<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{subject}</m:ItemShape>"
    folder = '<m:ParentFolderIds><t:DistinguishedFolderId Id="drafts"/></m:ParentFolderIds>'
    wanted = f"<m:Restriction>{restriction}</m:Restriction>" if restriction else ""
    return post(world, f'<m:FindItem Traversal="Shallow">{shape}{view}{wanted}{order}{folder}</m:FindItem>', mailbox=KARIN)


def equal(path: str, value: str) -> str:
    """A t:IsEqualTo."""
    return f'<t:IsEqualTo>{path}<t:FieldURIOrConstant><t:Constant Value="{value}"/></t:FieldURIOrConstant></t:IsEqualTo>'


def test_finding_by_property_in_order_a_page_at_a_time(world: World) -> None:
    """An extended property or the Message-ID finds the item; pages follow the offset; the sort order is kept."""
    marker = '<t:ExtendedFieldURI DistinguishedPropertySetId="PublicStrings" PropertyName="SendSecurelyMarker" PropertyType="String"/>'
    for number in (2, 1, 3):
        extended = f"<t:ExtendedProperty>{marker}<t:Value>mark-{number}</t:Value></t:ExtendedProperty>"
        create(world, mime_content(f"Message-ID: <f{number}@x.example>\r\nSubject: s{number}".encode()) + extended, mailbox=KARIN)

    def subjects(answer: httpx.Response) -> list[str]:
        assert "NoError" == code(answer)
        return re.findall(r"<t:Subject>(.*?)<", answer.text)

    by_id = equal('<t:FieldURI FieldURI="message:InternetMessageId"/>', "&lt;f3@x.example&gt;")
    by_marker = equal(marker, "mark-2")
    order = '<m:SortOrder><t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/></t:FieldOrder></m:SortOrder>'
    assert ["s2"] == subjects(find(world, by_marker))
    assert ["s3"] == subjects(find(world, by_id))
    assert [] == subjects(find(world, f"<t:And>{by_marker}{by_id}</t:And>"))
    assert ["s2", "s3"] == subjects(find(world, f"<t:Or>{by_marker}{by_id}</t:Or>", order=order))
    page = '<m:IndexedPageItemView MaxEntriesReturned="2" Offset="{}" BasePoint="Beginning"/>'
    first, second = find(world, "", page.format(0), order), find(world, "", page.format(2), order)
    assert (["s1", "s2"], ["s3"]) == (subjects(first), subjects(second))
    assert ["false", "true"] == [group('IncludesLastItemInRange="(.*?)"', answer) for answer in (first, second)]
    assert "ErrorUnsupportedPathForQuery" == code(find(world, equal('<t:FieldURI FieldURI="item:Body"/>', "x")))


def test_names_are_resolved(world: World) -> None:
    """By the beginning of a name or address; nobody is an error of its own."""
    entry = "<m:UnresolvedEntry>{}</m:UnresolvedEntry>"
    ask = f'<m:ResolveNames ReturnFullContactData="true" SearchScope="ActiveDirectory">{entry}</m:ResolveNames>'
    assert METTE in post(world, ask.format("holm")).text
    assert "ErrorNameResolutionNoResults" == code(post(world, ask.format("zz")))


def test_a_folder_is_made_once(world: World) -> None:
    """The second time it exists already, and it is found by name below the top."""
    make = ('<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderId>'
            "<m:Folders><t:Folder><t:DisplayName>Arkiv</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>")  # fmt: skip
    assert ["NoError", "ErrorFolderExists"] == [code(post(world, make)) for _ in range(2)]
    look = ('<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>'
            '<m:ParentFolderIds><t:DistinguishedFolderId Id="root"/></m:ParentFolderIds></m:FindFolder>')  # fmt: skip
    assert {"Arkiv", "Inbox", "Drafts", "Sent Items"} <= set(re.findall(r"<t:DisplayName>(.*?)<", post(world, look).text))


def test_a_message_over_the_limit_is_refused(world: World) -> None:
    """ErrorMessageSizeExceeded at the limit that is set."""
    world.switch(max_message_bytes=500)
    answer = create(world, mime_content(b"Subject: x\r\n\r\n" + b"x" * 600))
    world.switch(max_message_bytes=35 * 1024 * 1024)
    assert "ErrorMessageSizeExceeded" == code(answer)


def test_a_throttled_client_is_told_for_how_long(world: World) -> None:
    """ErrorServerBusy carries BackOffMilliseconds."""
    world.fault("GetItem", "server_busy", mailbox=METTE)
    answer = get(world, ("x", "y"))
    assert (500, "ErrorServerBusy") == (answer.status_code, code(answer))
    assert '<t:Value Name="BackOffMilliseconds">250</t:Value>' in answer.text


def test_a_fault_hits_only_what_it_was_planned_for(world: World) -> None:
    """The operation, the mailbox, and the count."""
    (item,) = ids(create(world, "<t:Subject>x</t:Subject>"))
    (other,) = ids(create(world, "<t:Subject>x</t:Subject>", mailbox=JONAS))
    world.fault("GetItem", "item_not_found_first_n", mailbox=METTE, count=2)
    assert "NoError" == code(get(world, other, mailbox=JONAS))
    assert "NoError" == code(update(world, item, SUBJECT.format("y")))
    assert ["ErrorItemNotFound", "ErrorItemNotFound", "NoError"] == [code(get(world, item)) for _ in range(3)]


def test_mailboxes_survive_a_kill(tmp_path: Path) -> None:
    """SIGKILL, and everything that was answered for is there."""
    with running(tmp_path) as world:
        (item,) = ids(create(world, "<t:Subject>kept</t:Subject>" + TO_BO))
        world.kill_and_start_again()
        assert "kept" in get(world, item).text
        assert "NoError" == code(post(world, SEND.format(item_id(item))))


@pytest.mark.parametrize(("switch", "shown"), [("honoured", True), ("ignored", False)])
def test_what_a_bcc_header_means_is_a_switch(world: World, switch: str, shown: bool) -> None:
    """Exchange's way with a Bcc header in MimeContent is not known, so both can be tried."""
    world.switch(bcc_in_mime=switch)
    (item,) = ids(create(world, mime_content(f"To: {BO}\r\nBcc: {JONAS}\r\nSubject: x\r\n\r\nx".encode())))
    answer = get(world, item, "<t:IncludeMimeContent>true</t:IncludeMimeContent>")
    world.switch(bcc_in_mime="honoured")
    mime = base64.b64decode(group(r"<t:MimeContent[^>]*>(.*?)<", answer))
    assert (shown, shown) == ("<t:BccRecipients>" in answer.text, b"Bcc:" in mime)


@pytest.mark.parametrize("host", ["evil.example", "evil@127.0.0.1", "127.0.0.1.evil.example:80"])
def test_a_foreign_name_is_not_answered(world: World, host: str) -> None:
    """A web page whose own name leads to this machine (DNS rebinding) reads no journal, plans no fault and reaches no mailbox."""
    for method, path in (("GET", "journal"), ("GET", "mailboxes"), ("DELETE", "faults"), ("GET", "nowhere")):
        answer = httpx.request(method, f"{world.simulator.address}/sandbox/{path}", headers={"Host": host}, timeout=20)
        assert (421, "not under this name") == (answer.status_code, answer.text)
    assert httpx.post(world.simulator.endpoint, headers={"Host": host}, auth=SERVICE, timeout=20).status_code == 421
    port = world.simulator.port
    assert httpx.get(f"{world.simulator.address}/sandbox/journal", headers={"Host": f"localhost:{port}"}, timeout=20).status_code == 200
