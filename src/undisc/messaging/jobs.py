"""How messages are carried out: one job each, tried again while a mail server or a gateway is away."""

from datetime import timedelta

from undisc.jobs.model import Again, Done, Ending, Hopeless, Kind, Running
from undisc.messaging.model import NotYet, Taken
from undisc.messaging.policy import PATIENCE
from undisc.messaging.service import MESSAGE, Messaging


def kind(messaging: Messaging) -> Kind:
    """Messages give themselves up; the job goes on for a little longer, so that it sees them do so."""

    def run(job: Running) -> Ending:
        carried = messaging.carry_out(job.arguments["message"])
        if isinstance(carried, Taken):
            return Done(carried.note)
        return Again(carried.reason) if isinstance(carried, NotYet) else Hopeless(carried.reason)

    return Kind(MESSAGE, run, PATIENCE + timedelta(hours=3))
