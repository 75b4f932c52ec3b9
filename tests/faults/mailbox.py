"""A mail server in a process of its own, which no fault touches: it notes every Message-ID it accepts.

python -m tests.faults.mailbox FILE      prints its port, then serves until it is ended
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


class Recorder:
    """Answers 250 once the mail is written down."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("ab", buffering=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        found = MESSAGE_ID.search(content)
        self.file.write((found[1] if found else b"<none>") + b"\n")
        return "250 OK"


async def main(path: Path) -> None:
    recorder = Recorder(path)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(recorder, enable_SMTPUTF8=True), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
