"""English."""

SENTENCES = {
    "link.subject": "Your pictures from {place}",
    "link.email": """Your pictures from {place} are ready:

{url}

The link works until {until}. It asks for your date of birth and a code, so that nobody but you can open it. After that you can share the pictures with whomever you like, and stop sharing at any time.""",
    "link.text": "Your pictures from {place} are ready: {url} The link works until {until}.",
    "reminder.subject": "Your pictures from {place} are waiting",
    "reminder.email": """Your pictures from {place} are still waiting for you:

{url}

The link works until {until}. We will not remind you again.""",
    "reminder.text": "Your pictures from {place} are still waiting: {url} The link works until {until}. "
    "We will not remind you again.",
    "code.subject": "Your code for {place}",
    "code.email": """Your code is {code}

It works for 10 minutes, on the device where you asked for it. Never pass it on: nobody from {place} will ever ask you for it.

If you did not ask for a code, please tell us: somebody else may have your link.""",
    "code.text": "{code} is your code for {place}. It works for 10 minutes. Never pass it on: "
    "nobody from {place} will ever ask you for it.",
    "invitation.subject": "Your invitation from {place}",
    "invitation.email": """{place} invites you to sign in:

{url}

The invitation works once, until {until}. It is for you alone; please do not pass it on.""",
    "invitation.text": "{place} invites you to sign in: {url} This works once, until {until}. Please do not pass it on.",
    "opened.subject": "Your pictures from {place} were opened",
    "opened.email": """The link to your pictures from {place} was opened for the first time, {when}.

Was that you, or somebody to whom you gave the link? Then there is nothing to do. If not, stop the link here:

{url}""",
    "opened.text": "The link to your pictures from {place} was opened for the first time, {when}. "
    "If that was neither you nor somebody you gave it to, stop it here: {url}",
    "share.subject": "Pictures for you, from {place}",
    "share.email": """Somebody shares pictures from {place} with you:

{url}

The link works until {until}. Please do not pass it on.""",
    "share.text": "Somebody shares pictures from {place} with you: {url} The link works until {until}. "
    "Please do not pass it on.",
    "alert.subject": "{place}: something to look at",
    "alert.email": """There is something at {place} that you should look at. Sign in to read it:

{url}""",
    "alert.text": "There is something at {place} that you should look at: {url}",
    "foot.email": "You get this e-mail because you gave your address to {place}. "
    "Questions, or no more e-mail like this? Just answer it.",
    "foot.contact": "Or: {contact}",
    "foot.text": "Questions, or no more texts: {contact}",
    "foot.stranger": "You get this message because somebody gave us your address for it. "
    "If it is not meant for you, please delete it.",
}
