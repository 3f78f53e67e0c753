"""What the accounts say to people, marked for the catalogues: they know nothing of languages themselves."""

from undisc.web.frame import N_

SAID_BY_THE_ACCOUNTS = (
    N_("Use at least 8 characters."),
    N_("Use at most 128 characters."),
    N_("This password would be guessed soon. Four words that have nothing to do with each other are better."),
    N_("This account was closed."),
    N_("This is no e-mail address."),
    N_("Say what this person does here."),
    N_("Somebody with this e-mail address signs in here already."),
    N_("You also work here. An administrator invites you under another address."),
    N_("Only staff and clinicians can look at pictures in an emergency."),
    N_("Say in at least 10 letters why you must see these pictures now."),
    N_("Somebody who signs in by a password needs an e-mail address."),
    N_("Say your name, as others here should read it."),
    N_("Say your e-mail address."),
    N_("This invitation was used already."),
    N_("This is the last way by which you can sign in. Add another one first."),
    N_("Codes for paper stand in for those of the telephone. You sign in without any."),
    N_("Somebody without any role can do nothing here. Close the account instead."),
    N_("There is no such account, or it was closed."),
    N_("This is the last administrator. Make another one first."),
    N_("Show once more that it is you who sits at this screen."),
    N_("No passkey of yours was shown, or it is not known here."),
    N_("That was asked for too often from here. Try again in a quarter of an hour."),
    N_("Many people are signing in at this moment. Try again in a few seconds."),
)
