/** Plain explanations in Spanish. */

import type { Explanations } from "./en";

export const explained: Explanations = {
  kinds: {
    CT: {
      name: "Tomografía (TC)",
      text: "Una máquina giró a su alrededor y tomó radiografías desde todos los lados. Un ordenador hizo con ellas cortes finos, como rebanadas de pan. El hueso es blanco, el aire es negro y lo demás es gris.",
    },
    MR: {
      name: "Resonancia magnética (RM)",
      text: "Un imán potente y ondas de radio hicieron estas imágenes, sin rayos X. La misma parte suele verse clara en un grupo de imágenes y oscura en otro: cada grupo muestra otra cosa.",
    },
    US: {
      name: "Ecografía",
      text: "Se envió al cuerpo un sonido que nadie oye, y su eco formó la imagen. El líquido se ve negro. El aspecto granulado es normal.",
    },
    DX: {
      name: "Radiografía",
      text: "Los rayos X atravesaron el cuerpo y dejaron una sombra. El hueso detiene muchos y se ve blanco; el aire los deja pasar y se ve negro. Lo que está delante y lo que está detrás se ve superpuesto.",
    },
    MG: {
      name: "Mamografía",
      text: "Una radiografía de la mama, aplanada un momento. La grasa se ve gris oscura y el resto del tejido, blanco. Varía mucho de una mujer a otra.",
    },
    XA: {
      name: "Película de rayos X",
      text: "Radiografías tomadas una tras otra, como una película. A menudo se da un líquido que hace visibles los vasos o el intestino.",
    },
    NM: {
      name: "Gammagrafía (medicina nuclear)",
      text: "Le dieron una cantidad muy pequeña de una sustancia radiactiva. La imagen muestra a qué partes del cuerpo llegó.",
    },
    PT: {
      name: "PET",
      text: "Le dieron una cantidad muy pequeña de una sustancia radiactiva, a menudo un tipo de azúcar. Las partes que gastan mucha se ven intensas. El cerebro, el corazón y la vejiga suelen verse así.",
    },
    other: { name: "Imágenes", text: "Estas imágenes se tomaron para su examen. Su médico puede decirle cómo." },
  },
  planes: {
    axial:
      "Estos cortes atraviesan el cuerpo. Se mira desde los pies hacia arriba, así que su lado derecho está a la izquierda de la imagen.",
    coronal:
      "Estos cortes muestran el cuerpo de frente, como si usted estuviera ante sí mismo. Su lado derecho está a la izquierda.",
    sagittal: "Estos cortes muestran el cuerpo de lado.",
  },
  many: "Deslice para recorrer las imágenes una por una. Cada una está un poco más adelante en el cuerpo.",
  sides:
    "Las letras de los bordes indican los lados: R es su derecha, L su izquierda, A delante, P detrás, H o S la cabeza, F o I los pies.",
  judging:
    "Mucho de lo que parece extraño es normal. Solo un médico que le conozca puede decir qué significan las imágenes. El informe cuenta lo que se encontró.",
  glossaryTitle: "Palabras que puede encontrar",
  glossary: [
    ["Abdomen", "El vientre."],
    ["Anormal", "Distinto de lo habitual. No tiene por qué ser malo."],
    ["Agudo", "Nuevo o repentino."],
    ["Angiografía", "Imágenes de los vasos sanguíneos."],
    ["Aorta", "El vaso sanguíneo más grande, que sale del corazón."],
    ["Artefacto", "Una marca que hizo la máquina y que no está en el cuerpo."],
    ["Atrofia", "Una parte se ha hecho más pequeña."],
    ["Axial", "En cortes que atraviesan el cuerpo."],
    ["Benigno", "No es cáncer."],
    ["Biopsia", "Tomar un trocito para mirarlo al microscopio."],
    ["Calcificación", "Un pequeño depósito de calcio. A menudo inofensivo."],
    ["Crónico", "Que está desde hace tiempo."],
    ["Medio de contraste", "Una sustancia que se da para que algunas partes se vean mejor."],
    ["Coronal", "Visto de frente."],
    ["Quiste", "Una bolsita llena de líquido. A menudo inofensiva."],
    ["Degenerativo", "Desgastado por la edad y el uso."],
    ["Densidad", "Cuánto detiene una parte los rayos X."],
    ["Disco", "La almohadilla entre dos huesos de la columna."],
    ["Derrame", "Líquido donde normalmente hay poco."],
    ["Fractura", "Un hueso roto."],
    ["Hemorragia", "Sangrado."],
    ["Hernia", "Algo que se ha salido de su lugar habitual."],
    ["Impresión diagnóstica", "El resumen del informe: la conclusión del médico."],
    ["Infarto", "Una parte a la que llegó muy poca sangre."],
    ["Inflamación", "La respuesta del cuerpo a un daño, como una infección."],
    ["Lesión", "Cualquier punto que se ve distinto. La palabra no dice qué es."],
    ["Ligamento", "Una banda fuerte que une los huesos."],
    ["Ganglio linfático", "Un pequeño filtro de las defensas. Todos tenemos muchos."],
    ["Maligno", "Cáncer."],
    ["Masa", "Un bulto. Puede ser inofensivo."],
    ["Metástasis", "Cáncer que se ha extendido a otro lugar."],
    ["Nódulo", "Un punto redondo pequeño. La mayoría son inofensivos."],
    ["Edema", "Hinchazón por líquido."],
    ["Opacidad", "Un lugar que se ve más blanco que lo de alrededor."],
    ["Pelvis", "La parte más baja del tronco, entre las caderas."],
    ["Radiólogo", "El médico que interpreta estas imágenes."],
    ["Sagital", "Visto de lado."],
    ["Serie", "Un grupo de imágenes que van juntas."],
    ["Estenosis", "Un lugar estrecho."],
    ["Trombosis", "Un coágulo en un vaso sanguíneo."],
    ["Tumor", "Un crecimiento, inofensivo o no."],
    ["Sin hallazgos", "Se ve como debe. Es una buena noticia."],
  ],
};
