"""Spanish."""

SENTENCES = {
    "link.subject": "Sus imágenes de {place}",
    "link.email": """Sus imágenes de {place} ya están listas:

{url}

El enlace funciona hasta el {until}. Le pedirá su fecha de nacimiento y un código, para que solo usted pueda abrirlo. Después podrá compartir las imágenes con quien quiera y dejar de compartirlas en cualquier momento.""",
    "link.text": "Sus imágenes de {place} ya están listas: {url} El enlace funciona hasta el {until}.",
    "reminder.subject": "Sus imágenes de {place} le esperan",
    "reminder.email": """Sus imágenes de {place} todavía le esperan:

{url}

El enlace funciona hasta el {until}. No se lo recordaremos más.""",
    "reminder.text": "Sus imágenes de {place} todavía le esperan: {url} El enlace funciona hasta el {until}. "
    "No se lo recordaremos más.",
    "code.subject": "Su código para {place}",
    "code.email": """Su código es {code}

Sirve durante 10 minutos, en el dispositivo en el que lo pidió. No se lo dé nunca a nadie: nadie de {place} se lo pedirá jamás.

Si usted no ha pedido ningún código, avísenos: es posible que otra persona tenga su enlace.""",
    "code.text": "{code} es su código para {place}. Sirve durante 10 minutos. No se lo dé nunca a nadie: "
    "nadie de {place} se lo pedirá jamás.",
    "invitation.subject": "Su invitación de {place}",
    "invitation.email": """{place} le invita a entrar:

{url}

La invitación sirve una sola vez, hasta el {until}. Es solo para usted; por favor, no la pase a nadie.""",
    "invitation.text": "{place} le invita a entrar: {url} Sirve una sola vez, hasta el {until}. "
    "Por favor, no la pase a nadie.",
    "opened.subject": "Se han abierto sus imágenes de {place}",
    "opened.email": """El enlace a sus imágenes de {place} se ha abierto por primera vez: {when}.

¿Ha sido usted, o alguien a quien dio el enlace? Entonces no tiene que hacer nada. Si no, ciérrelo aquí:

{url}""",
    "opened.text": "El enlace a sus imágenes de {place} se ha abierto por primera vez: {when}. "
    "Si no ha sido usted ni nadie a quien se lo dio, ciérrelo aquí: {url}",
    "share.subject": "Imágenes para usted, de {place}",
    "share.email": """Alguien comparte con usted imágenes de {place}:

{url}

El enlace funciona hasta el {until}. Por favor, no lo pase a nadie.""",
    "share.text": "Alguien comparte con usted imágenes de {place}: {url} El enlace funciona hasta el {until}. "
    "Por favor, no lo pase a nadie.",
    "alert.subject": "{place}: algo que revisar",
    "alert.email": """Hay algo en {place} que debería revisar. Entre para leerlo:

{url}""",
    "alert.text": "Hay algo en {place} que debería revisar: {url}",
    "foot.email": "Recibe este correo porque dio su dirección en {place}. "
    "¿Preguntas, o no quiere recibir más correos como este? Basta con responder.",
    "foot.contact": "O bien: {contact}",
    "foot.text": "Preguntas, o no recibir más mensajes: {contact}",
    "foot.stranger": "Recibe este mensaje porque alguien nos dio su dirección para enviárselo. "
    "Si no es para usted, por favor, bórrelo.",
}
