"""French."""

SENTENCES = {
    "link.subject": "Vos images de {place}",
    "link.email": """Vos images de {place} sont prêtes :

{url}

Le lien fonctionne jusqu’au {until}. Il vous demandera votre date de naissance et un code, pour que vous seul puissiez l’ouvrir. Vous pourrez ensuite partager les images avec qui vous voulez, et arrêter le partage à tout moment.""",
    "link.text": "Vos images de {place} sont prêtes : {url} Le lien fonctionne jusqu’au {until}.",
    "reminder.subject": "Vos images de {place} vous attendent",
    "reminder.email": """Vos images de {place} vous attendent toujours :

{url}

Le lien fonctionne jusqu’au {until}. Nous ne vous le rappellerons plus.""",
    "reminder.text": "Vos images de {place} vous attendent toujours : {url} Le lien fonctionne jusqu’au {until}. "
    "Nous ne vous le rappellerons plus.",
    "code.subject": "Votre code pour {place}",
    "code.email": """Votre code est {code}

Il est valable 10 minutes, sur l’appareil où vous l’avez demandé. Ne le donnez jamais à personne : personne de {place} ne vous le demandera.

Si vous n’avez pas demandé de code, prévenez-nous : quelqu’un d’autre a peut-être votre lien.""",
    "code.text": "{code} est votre code pour {place}. Il est valable 10 minutes. Ne le donnez jamais à personne : "
    "personne de {place} ne vous le demandera.",
    "invitation.subject": "Votre invitation de {place}",
    "invitation.email": """{place} vous invite à vous connecter :

{url}

L’invitation est valable une seule fois, jusqu’au {until}. Elle est pour vous seul ; merci de ne pas la transmettre.""",
    "invitation.text": "{place} vous invite à vous connecter : {url} Valable une seule fois, jusqu’au {until}. "
    "Merci de ne pas transmettre ce lien.",
    "opened.subject": "Vos images de {place} ont été ouvertes",
    "opened.email": """Le lien vers vos images de {place} a été ouvert pour la première fois : {when}.

Était-ce vous, ou quelqu’un à qui vous avez donné le lien ? Alors il n’y a rien à faire. Sinon, fermez-le ici :

{url}""",
    "opened.text": "Le lien vers vos images de {place} a été ouvert pour la première fois : {when}. "
    "Si ce n’était ni vous ni quelqu’un à qui vous l’avez donné, fermez-le ici : {url}",
    "share.subject": "Des images pour vous, de {place}",
    "share.email": """Quelqu’un partage avec vous des images de {place} :

{url}

Le lien fonctionne jusqu’au {until}. Merci de ne pas le transmettre.""",
    "share.text": "Quelqu’un partage avec vous des images de {place} : {url} Le lien fonctionne jusqu’au {until}. "
    "Merci de ne pas le transmettre.",
    "alert.subject": "{place} : quelque chose à voir",
    "alert.email": """Il y a quelque chose à {place} que vous devriez regarder. Connectez-vous pour le lire :

{url}""",
    "alert.text": "Il y a quelque chose à {place} que vous devriez regarder : {url}",
    "foot.email": "Vous recevez ce courriel parce que vous avez donné votre adresse à {place}. "
    "Une question, ou plus de courriels de ce genre ? Il suffit d’y répondre.",
    "foot.contact": "Ou : {contact}",
    "foot.text": "Questions, ou plus de SMS : {contact}",
    "foot.stranger": "Vous recevez ce message parce que quelqu’un nous a donné votre adresse pour cela. "
    "S’il ne vous est pas destiné, merci de l’effacer.",
}
