"""German."""

SENTENCES = {
    "link.subject": "Ihre Bilder aus {place}",
    "link.email": """Ihre Bilder sind fertig ({place}):

{url}

Der Link gilt bis zum {until}. Er fragt nach Ihrem Geburtsdatum und einem Code, damit niemand außer Ihnen ihn öffnen kann. Danach können Sie die Bilder teilen, mit wem Sie möchten, und das Teilen jederzeit beenden.""",
    "link.text": "Ihre Bilder sind fertig ({place}): {url} Der Link gilt bis zum {until}.",
    "reminder.subject": "Ihre Bilder warten auf Sie ({place})",
    "reminder.email": """Ihre Bilder warten noch auf Sie ({place}):

{url}

Der Link gilt bis zum {until}. Wir erinnern Sie nicht noch einmal.""",
    "reminder.text": "Ihre Bilder warten noch auf Sie ({place}): {url} Der Link gilt bis zum {until}. "
    "Wir erinnern Sie nicht noch einmal.",
    "code.subject": "Ihr Code für {place}",
    "code.email": """Ihr Code lautet {code}

Er gilt 10 Minuten, auf dem Gerät, auf dem Sie ihn angefordert haben. Geben Sie ihn niemals weiter: Niemand von {place} wird Sie je danach fragen.

Wenn Sie keinen Code angefordert haben, sagen Sie uns bitte Bescheid: Vielleicht hat jemand anderes Ihren Link.""",
    "code.text": "{code} ist Ihr Code für {place}. Er gilt 10 Minuten. Geben Sie ihn niemals weiter: "
    "Niemand von {place} wird Sie je danach fragen.",
    "invitation.subject": "Ihre Einladung von {place}",
    "invitation.email": """{place} lädt Sie ein, sich anzumelden:

{url}

Die Einladung gilt einmal, bis zum {until}. Sie ist nur für Sie bestimmt; bitte geben Sie sie nicht weiter.""",
    "invitation.text": "{place} lädt Sie ein, sich anzumelden: {url} Das geht einmal, bis zum {until}. "
    "Bitte nicht weitergeben.",
    "opened.subject": "Ihre Bilder wurden geöffnet ({place})",
    "opened.email": """Der Link zu Ihren Bildern ({place}) wurde zum ersten Mal geöffnet: {when}.

Waren Sie das, oder jemand, dem Sie den Link gegeben haben? Dann ist nichts zu tun. Wenn nicht, sperren Sie den Link hier:

{url}""",
    "opened.text": "Der Link zu Ihren Bildern ({place}) wurde zum ersten Mal geöffnet: {when}. "
    "Wenn das weder Sie waren noch jemand, dem Sie ihn gegeben haben, sperren Sie ihn hier: {url}",
    "share.subject": "Bilder für Sie, aus {place}",
    "share.email": """Jemand teilt Bilder mit Ihnen ({place}):

{url}

Der Link gilt bis zum {until}. Bitte geben Sie ihn nicht weiter.""",
    "share.text": "Jemand teilt Bilder mit Ihnen ({place}): {url} Der Link gilt bis zum {until}. "
    "Bitte nicht weitergeben.",
    "alert.subject": "{place}: bitte ansehen",
    "alert.email": """Bei {place} gibt es etwas, das Sie sich ansehen sollten. Melden Sie sich an, um es zu lesen:

{url}""",
    "alert.text": "Bei {place} gibt es etwas, das Sie sich ansehen sollten: {url}",
    "foot.email": "Sie erhalten diese E-Mail, weil Sie Ihre Adresse bei {place} angegeben haben. "
    "Fragen, oder keine solchen E-Mails mehr? Antworten Sie einfach.",
    "foot.contact": "Oder: {contact}",
    "foot.text": "Fragen, oder keine SMS mehr: {contact}",
    "foot.stranger": "Sie erhalten diese Nachricht, weil uns jemand dafür Ihre Adresse gegeben hat. "
    "Wenn sie nicht für Sie bestimmt ist, löschen Sie sie bitte.",
}
