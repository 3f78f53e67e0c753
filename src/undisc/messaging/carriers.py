"""By what messages leave, as the operator has set it."""

from collections.abc import Callable
from typing import TypeVar

from undisc.messaging.console import Console
from undisc.messaging.model import Carrier, Way
from undisc.settings import Settings

_T = TypeVar("_T")


def carriers_of(settings: Settings) -> dict[Way, Carrier]:
    """What is set; the console for everything where nothing is. Raises ValueError with a plain sentence that quotes
    no setting."""
    carriers: dict[Way, Carrier] = {}
    # Loaded here, since most commands send nothing.
    mail_url = settings.mail_url
    if mail_url is not None:
        from undisc.messaging.mail import Mail, read_mail_url, read_sender

        server = _read("UNDISC_MAIL_URL", lambda: read_mail_url(mail_url.get_secret_value()))
        sender = _read("UNDISC_MAIL_FROM", lambda: read_sender(settings.mail_from or ""))
        carriers[Way.EMAIL] = Mail(server, sender, settings.outgoing_authorities)
    text_url = settings.text_url
    if text_url is not None:
        from undisc.messaging.gateway import Gateway, read_body, read_text_url

        url = _read("UNDISC_TEXT_URL", lambda: read_text_url(text_url))
        shape = _read("UNDISC_TEXT_BODY", lambda: read_body(settings.text_body))
        carriers[Way.TEXT] = Gateway(url, settings.text_token_file, shape, settings.outgoing_authorities)
    return carriers or dict.fromkeys(Way, Console())


def _read(name: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except ValueError as error:
        raise ValueError(f"{name} cannot be used: {error}") from None
