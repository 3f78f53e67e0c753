"""What somebody chose on the page for sharing: read from the form, and said back in whole sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from undisc.messaging.model import Way, is_address
from undisc.sharing.model import ShareChoice, Step
from undisc.web.forms import Form
from undisc.web.frame import N_
from undisc.web.portal.reading import day_of

USUAL_DAYS = 30
DAYS = (1, 7, USUAL_DAYS, 90, 365)
_LONGEST = timedelta(days=3 * 366)
_MOST_OPENINGS = 1000
WHO = ("doctor", "family", "anyone")

# Whole sentences; which of them is told, the script of the page decides by the same words.
SAID: dict[str, str] = {
    "named-one-report": N_("%(name)s can see this scan and its report."),
    "named-one": N_("%(name)s can see the pictures of this scan, and no report."),
    "named-more-report": N_("%(name)s can see the %(count)s scans that you chose, and their reports."),
    "named-more": N_("%(name)s can see pictures of the %(count)s scans that you chose, and no reports."),
    "anyone-one-report": N_("Whoever has the link can see this scan and its report."),
    "anyone-one": N_("Whoever has the link can see the pictures of this scan, and no report."),
    "anyone-more-report": N_("Whoever has the link can see the %(count)s scans that you chose, and their reports."),
    "anyone-more": N_(
        "Whoever has the link can see the pictures of the %(count)s scans that you chose, and no reports."
    ),
    "open": N_("The link opens by itself, also for people it is passed on to."),
    "passcode": N_("It asks for a passcode that you tell them yourself."),
    "code": N_("It asks for a code each time, which is sent to %(address)s."),
    "clinician": N_("It opens only for a clinician who signs in here as %(address)s."),
    "download": N_("They can also keep copies."),
    "look": N_("They can look, and cannot download."),
    "until": N_("It stops by itself on %(day)s."),
    "once": N_("It can be opened once, and stops by itself on %(day)s."),
    "times": N_("It can be opened %(times)s times, and stops by itself on %(day)s."),
}
SOMEBODY = {"doctor": N_("Your doctor"), "family": N_("Your family"), "anyone": ""}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A form as it was filled in, and what is wrong with it, by field; with nothing wrong, `choice` can be made."""

    who: str = "doctor"
    name: str = ""
    office: str = ""
    email: str = ""
    phone: str = ""
    studies: tuple[int, ...] = ()
    with_report: bool = True
    step: Step = Step.PASSCODE
    download: str = ""
    days: str = str(USUAL_DAYS)
    day: str = ""
    most: str = ""
    until: datetime | None = None
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def may_download(self) -> bool:
        """Yes for doctors and no for the rest, where nothing was chosen."""
        return self.who == "doctor" if not self.download else self.download == "yes"

    @property
    def most_openings(self) -> int | None:
        return int(self.most) if self.most else None

    @property
    def address(self) -> str:
        return self.email or self.phone

    def choice(self, now: datetime, language: str) -> ShareChoice:
        assert self.until is not None
        named = self.who != "anyone"
        return ShareChoice(
            studies=self.studies,
            for_name=", ".join(part for part in (self.name, self.office) if part) if named else "",
            for_email=self.email if named else "",
            for_phone=self.phone if named else "",
            with_report=self.with_report,
            may_download=self.may_download,
            lifetime=self.until - now,
            most_openings=self.most_openings,
            step=self.step,
            language=language,
        )


def read_chosen(
    form: Form, allowed: Sequence[int], now: datetime, zone: ZoneInfo, last: datetime | None = None
) -> Chosen:
    """allowed: the studies that may be chosen. last: until when whoever shares may act for the patient."""
    who = form.get("who")
    who = who if who in WHO else "doctor"
    named = who != "anyone"
    wanted = {int(text) for text in form.all("study") if text.isascii() and text.isdecimal() and len(text) < 16}
    step = _step(form.get("step"))
    wrong: dict[str, str] = {}
    given = {name: form.get(name) if named else "" for name in ("name", "office", "email", "phone")}
    if given["email"] and not is_address(Way.EMAIL, given["email"]):
        wrong["email"] = N_("This is no e-mail address. It looks like name@example.org.")
    if given["phone"] and not is_address(Way.TEXT, given["phone"]):
        wrong["phone"] = N_("This is no telephone number. It looks like +1 555 0100.")
    if step is Step.CODE and not (given["email"] or given["phone"]):
        wrong["email"] = N_("A code needs somewhere to go: give an e-mail address or a telephone number.")
    if step is Step.CLINICIAN and not given["email"]:
        wrong["email"] = N_("Give the e-mail address with which the clinician signs in.")
    studies = tuple(study for study in allowed if study in wanted)
    if not studies:
        wrong["study"] = N_("Choose at least one scan.")
    until = _until(form, now, zone, wrong)
    if until and last and until > last:
        wrong["days"] = N_("You can act for this patient for a shorter time than that. Choose an earlier day.")
    most = form.get("most")
    if most and not (most.isascii() and most.isdecimal() and 1 <= int(most[:5]) <= _MOST_OPENINGS):
        wrong["most"] = N_("Give a number from 1 to 1000, or leave this empty.")
        most = ""
    download = form.get("download")
    return Chosen(
        who=who,
        **given,
        studies=studies,
        with_report=form.get("report") == "yes",
        step=step,
        download=download if download in ("yes", "no") else "",
        days=form.get("days") or str(USUAL_DAYS),
        day=form.get("day"),
        most=most,
        until=until,
        wrong=wrong,
    )


def said_back(chosen: Chosen, somebody: str) -> list[tuple[str, dict[str, Any]]]:
    """Keys of SAID with what goes into them; "day" is left to be filled in. somebody: who it is where no name is."""
    name = chosen.name or chosen.office or somebody
    what = "one" if len(chosen.studies) < 2 else "more"
    key = f"{'named' if name else 'anyone'}-{what}{'-report' if chosen.with_report else ''}"
    often = chosen.most_openings
    lasts = "until" if often is None else "once" if often == 1 else "times"
    return [
        (key, {"name": name, "count": len(chosen.studies)}),
        (chosen.step.value, {"address": chosen.address}),
        ("download" if chosen.may_download else "look", {}),
        (lasts, {"times": often}),
    ]


def _step(text: str) -> Step:
    return next((step for step in Step if step.value == text), Step.PASSCODE)


def _until(form: Form, now: datetime, zone: ZoneInfo, wrong: dict[str, str]) -> datetime | None:
    days, day = form.get("days"), form.get("day")
    if days != "day":
        count = int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else USUAL_DAYS
        return now + timedelta(days=count if count in DAYS else USUAL_DAYS)
    found = day_of(day, zone)
    if found is None:
        wrong["day"] = N_("Give the day as year-month-day, such as 2027-01-31.")
        return None
    if not now < found <= now + _LONGEST:
        wrong["day"] = N_("Choose a day from today on, and within three years.")
        return None
    return found
