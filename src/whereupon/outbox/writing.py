"""How a message is written for its recipient: one row for each channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from whereupon.outbox.channels.chat import render_chat
from whereupon.outbox.channels.text import render_text
from whereupon.outbox.mail import render_mail

Content = dict[str, Any]
Write = Callable[[Mapping[str, Any], Mapping[str, Any], str], Content]

CHANNELS: Mapping[str, Write] = {"email": render_mail, "text": render_text, "chat": render_chat}


def write_message(
    channel: str, source: Mapping[str, Any], context: Mapping[str, Any], recipient: str
) -> Content:
    """The message as its recipient gets it, as JSON. Raises WhereuponError: then this one fails alone."""
    return CHANNELS[channel](source, context, recipient)
