/** Plain explanations in French. */

import type { Explanations } from "./en";

export const explained: Explanations = {
  kinds: {
    CT: {
      name: "Scanner",
      text: "Une machine a tourné autour de vous et a pris des radiographies de tous les côtés. Un ordinateur en a fait de fines coupes, comme des tranches de pain. L’os est blanc, l’air est noir, le reste est gris.",
    },
    MR: {
      name: "IRM",
      text: "Un aimant puissant et des ondes radio ont fait ces images, sans rayons X. La même partie paraît souvent claire dans une série d’images et sombre dans une autre : chaque série montre autre chose.",
    },
    US: {
      name: "Échographie",
      text: "Un son que personne n’entend a été envoyé dans le corps, et son écho a formé l’image. Le liquide paraît noir. L’aspect granuleux est normal.",
    },
    DX: {
      name: "Radiographie",
      text: "Des rayons X ont traversé le corps et laissé une ombre. L’os en arrête beaucoup et paraît blanc ; l’air les laisse passer et paraît noir. Ce qui est devant et ce qui est derrière se superposent.",
    },
    MG: {
      name: "Mammographie",
      text: "Une radiographie du sein, aplati un moment. La graisse paraît gris foncé, le reste du tissu blanc. Cela varie beaucoup d’une femme à l’autre.",
    },
    XA: {
      name: "Film radiographique",
      text: "Des radiographies prises l’une après l’autre, comme un film. Souvent on donne un liquide qui rend visibles les vaisseaux ou l’intestin.",
    },
    NM: {
      name: "Scintigraphie (médecine nucléaire)",
      text: "On vous a donné une très petite quantité d’une substance radioactive. L’image montre où elle est allée dans le corps.",
    },
    PT: {
      name: "TEP",
      text: "On vous a donné une très petite quantité d’une substance radioactive, souvent une sorte de sucre. Les parties qui en consomment beaucoup paraissent intenses. C’est normalement le cas du cerveau, du cœur et de la vessie.",
    },
    other: {
      name: "Images",
      text: "Ces images ont été prises pour votre examen. Votre médecin peut vous dire comment.",
    },
  },
  planes: {
    axial:
      "Ces coupes traversent le corps. On regarde depuis les pieds vers le haut : votre côté droit est à gauche de l’image.",
    coronal:
      "Ces coupes montrent le corps de face, comme si vous vous teniez devant vous-même. Votre côté droit est à gauche.",
    sagittal: "Ces coupes montrent le corps de côté.",
  },
  many: "Faites glisser pour parcourir les images une à une. Chacune est un peu plus loin dans le corps.",
  sides:
    "Les lettres sur les bords indiquent les côtés : R est votre droite, L votre gauche, A l’avant, P l’arrière, H ou S la tête, F ou I les pieds.",
  judging:
    "Beaucoup de choses qui paraissent étranges sont normales. Seul un médecin qui vous connaît peut dire ce que les images signifient. Le compte rendu dit ce qui a été trouvé.",
  glossaryTitle: "Mots que vous pouvez rencontrer",
  glossary: [
    ["Abdomen", "Le ventre."],
    ["Anormal", "Différent de l’habitude. Ce n’est pas forcément grave."],
    ["Aigu", "Nouveau ou soudain."],
    ["Angiographie", "Images des vaisseaux sanguins."],
    ["Aorte", "Le plus gros vaisseau sanguin, qui part du cœur."],
    ["Artéfact", "Une marque faite par la machine, qui n’est pas dans le corps."],
    ["Atrophie", "Une partie est devenue plus petite."],
    ["Axial", "En coupes à travers le corps."],
    ["Bénin", "Ce n’est pas un cancer."],
    ["Biopsie", "Prélever un tout petit morceau pour le regarder au microscope."],
    ["Calcification", "Un petit dépôt de calcium. Souvent sans danger."],
    ["Chronique", "Présent depuis longtemps."],
    ["Produit de contraste", "Une substance donnée pour mieux voir certaines parties."],
    ["Coronal", "Vu de face."],
    ["Kyste", "Une petite poche remplie de liquide. Souvent sans danger."],
    ["Dégénératif", "Usé par l’âge et l’effort."],
    ["Densité", "À quel point une partie arrête les rayons X."],
    ["Disque", "Le coussin entre deux os de la colonne."],
    ["Épanchement", "Du liquide là où il y en a peu d’ordinaire."],
    ["Fracture", "Un os cassé."],
    ["Hémorragie", "Un saignement."],
    ["Hernie", "Quelque chose qui est sorti de sa place habituelle."],
    ["Conclusion", "Le résumé du compte rendu : l’avis du médecin."],
    ["Infarctus", "Une partie qui a reçu trop peu de sang."],
    ["Inflammation", "La réponse du corps à une atteinte, comme une infection."],
    ["Lésion", "Toute zone qui paraît différente. Le mot ne dit pas ce que c’est."],
    ["Ligament", "Une bande solide qui tient les os ensemble."],
    ["Ganglion lymphatique", "Un petit filtre des défenses du corps. Tout le monde en a beaucoup."],
    ["Malin", "Un cancer."],
    ["Masse", "Une grosseur. Elle peut être sans danger."],
    ["Métastase", "Un cancer qui s’est étendu ailleurs."],
    ["Nodule", "Une petite tache ronde. La plupart sont sans danger."],
    ["Œdème", "Un gonflement dû à du liquide."],
    ["Opacité", "Une zone plus blanche que ce qui l’entoure."],
    ["Bassin", "Le bas du tronc, entre les hanches."],
    ["Radiologue", "Le médecin qui interprète ces images."],
    ["Sagittal", "Vu de côté."],
    ["Série", "Un groupe d’images qui vont ensemble."],
    ["Sténose", "Un endroit rétréci."],
    ["Thrombose", "Un caillot dans un vaisseau sanguin."],
    ["Tumeur", "Une grosseur, sans danger ou non."],
    ["Sans particularité", "Tout paraît comme il faut. Une bonne nouvelle."],
  ],
};
