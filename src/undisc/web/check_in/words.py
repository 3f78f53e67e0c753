"""What the pages say of faults, doubts and states, by the words that the services use."""

from collections.abc import Mapping

from undisc.sharing.consent_form import Fault
from undisc.sharing.consent_model import Look, Sign, State
from undisc.web.frame import N_

FAULTS = {
    ("signed_as", Fault.MISSING): N_("Say for whom you fill this in."),
    ("name", Fault.MISSING): N_("Write the name of the person in the pictures."),
    ("birth", Fault.NO_DATE): N_("Write the date of birth as day, month and year, such as 27 3 1964."),
    ("birth", Fault.NOT_YET): N_("This date of birth is still to come."),
    ("email", Fault.MISSING): N_("Write an e-mail address, or choose another way for the link."),
    ("email", Fault.NO_EMAIL): N_("This is no e-mail address. It looks like name@example.org."),
    ("phone", Fault.MISSING): N_("Write a phone number, or choose another way for the link."),
    ("phone", Fault.NO_PHONE): N_("This is no phone number. It has 6 to 15 digits."),
    ("way", Fault.NO_WAY): N_("Choose at least one way for the link. Paper is one."),
    ("choice", Fault.MISSING): N_("Choose who may see the pictures."),
    ("until", Fault.MISSING): N_("Choose until when."),
    ("until", Fault.NO_DATE): N_("Choose the last day."),
    ("until", Fault.PAST): N_("This day is over already."),
    ("until", Fault.TOO_FAR): N_("Choose a day within the next ten years."),
    ("signed_name", Fault.MISSING): N_("Write your name to sign."),
}

_ORDER = [field for field, _ in FAULTS]


def in_order(faults: Mapping[str, Fault]) -> list[tuple[str, Fault]]:
    """What is wrong, in the order of the page."""
    return sorted(faults.items(), key=lambda fault: _ORDER.index(fault[0]))


SIGNS = {
    Sign.ACCESSION: N_("Same appointment number"),
    Sign.PATIENT_NUMBER: N_("Same patient number"),
    Sign.BIRTH_DATE: N_("Same date of birth"),
    Sign.NAME: N_("Same name"),
}

LOOKS = {
    Look.OTHER_BIRTH_DATE: N_("Another date of birth"),
    Look.OTHER_NAME: N_("Another name"),
    Look.OTHER_NUMBER: N_("Another patient number"),
    Look.BIRTH_DATE_LACKING: N_("The scan says no date of birth"),
    Look.DATE_LACKING: N_("The scan does not say of which day it is"),
    Look.TWO_FORMS: N_("There are several forms for the same scan"),
    Look.HAS_ONE: N_("The scan has a form already"),
    Look.TAKEN_OFF: N_("Somebody here took this form off a scan"),
}

STATES = {
    State.WAITING: N_("Waiting for the scan"),
    State.ATTACHED: N_("On its scan"),
    State.WITHDRAWN: N_("Withdrawn"),
    State.REPLACED: N_("Replaced by a newer one"),
}
