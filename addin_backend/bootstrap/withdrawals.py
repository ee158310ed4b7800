"""`transport withdrawals`: which mails are to be taken out of a relay's queue, for whoever looks after it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TextIO

from addin_backend.bootstrap.json_lines import json_line
from addin_backend.bootstrap.sending import key_path
from addin_backend.bootstrap.setting_files import make_data_folder
from addin_backend.bootstrap.waiting import waits_of
from addin_backend.edges.keys import KeyFile
from addin_backend.model.waiting import End
from addin_backend.settings import Settings


def show(settings: Settings, out: TextIO) -> int:
    """A JSON line for each mail: its Message-ID and the recipients whose copy is to be withdrawn. Raises BadRegister (keys), Unavailable.

    Only what stands in the log as asked for, and has no answer yet.
    """
    make_data_folder(Path(settings.data_dir))
    wanted: dict[str, list[str]] = {}
    with closing(waits_of(settings, KeyFile.load_or_create(key_path(settings)))) as waits:
        for row in waits.handed_over():
            if row.end is End.NONE:  # else it is dead already, and the server acts on that in its next round
                wanted.setdefault(row.message_id, []).append(row.address)
    for message_id, recipients in wanted.items():
        print(json_line({"message_id": message_id, "recipients": sorted(recipients)}), file=out)
    return 0
