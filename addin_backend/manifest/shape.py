"""What the add-in is, whatever form its manifest has: its buttons, its events, its files. Both forms are made from these tables."""

from __future__ import annotations

from dataclasses import dataclass

PANE, EVENTS_PAGE, EVENT_CODE = "addin/taskpane.html", "addin/launchevent.html", "addin/launchevent.js"
MAILBOX = "1.5"  # the floor for Exchange Server; the event code looks for newer functions itself
DEFAULT_LOCALE, OTHER_LOCALE = "da-DK", "en-US"
RIBBON_SIZES = (16, 32, 80)
ICON_SIZES = (16, 32, 64, 80, 128)


@dataclass(frozen=True, slots=True)
class Button:
    """One button of the ribbon that opens the pane. ``words``: its prefix among the strings; ``extension`` is XML's word for the place,
    ``context`` JSON's.
    """

    id: str
    words: str
    icon: str = "icon"


@dataclass(frozen=True, slots=True)
class Surface:
    """One place for buttons."""

    extension: str
    context: str
    group: str
    buttons: tuple[Button, ...]


SURFACES = (
    Surface(
        "MessageComposeCommandSurface",
        "mailCompose",
        "composeGroup",
        (Button("sendSecurelyButton", "send"), Button("checkPaneButton", "check")),
    ),
    Surface(
        "AppointmentOrganizerCommandSurface", "meetingDetailsOrganizer", "meetingGroup", (Button("checkMeetingPaneButton", "meeting"),)
    ),
    Surface("MessageReadCommandSurface", "mailRead", "readGroup", (Button("sentHowButton", "how"),)),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event that starts the event code: XML's name, JSON's name, the function, and whether it may hold a mail back."""

    xml: str
    json: str
    function: str
    sends: bool = False


EVENTS = (
    Event("OnMessageSend", "messageSending", "onMessageSend", sends=True),
    Event("OnAppointmentSend", "appointmentSending", "onAppointmentSend", sends=True),
    Event("OnMessageRecipientsChanged", "messageRecipientsChanged", "onMessageRecipientsChanged"),
    Event("OnMessageAttachmentsChanged", "messageAttachmentsChanged", "onMessageAttachmentsChanged"),
)


def icon_path(size: int) -> str:
    """Where an icon of the ribbon stands under the origin."""
    return f"addin/assets/icon-{size}.png"
