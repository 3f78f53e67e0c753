"""What a form on a page sent: small, of one kind, and from a page of ours."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from undisc.web import problems
from undisc.web.headers import from_elsewhere

MOST_BYTES = 64 * 1024
_MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as they were sent, in order; a name may come more than once."""

    fields: tuple[tuple[str, str], ...]

    def get(self, name: str, most: int = 200) -> str:
        """The first value of a field, trimmed and cut; "" where it was not sent."""
        return next((value.strip()[:most] for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value.strip() for key, value in self.fields if key == name]

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


async def read_form(request: Request, public_url: str, most: int = MOST_BYTES) -> Form:
    """The fields of a form that a page of this server sent. Raises Refusal for anything else."""
    if from_elsewhere(request, public_url):
        raise problems.Refusal(problems.OTHER_SITE)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise problems.Refusal(problems.NOT_A_FORM)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise problems.Refusal(problems.TOO_LARGE)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise problems.Refusal(problems.UNREADABLE) from None
    return Form(tuple((name, value.replace("\0", "")) for name, value in fields))
