/** Plain explanations in German. */

import type { Explanations } from "./en";

export const explained: Explanations = {
  kinds: {
    CT: {
      name: "CT (Computertomographie)",
      text: "Ein Gerät hat sich um Sie gedreht und Röntgenaufnahmen von allen Seiten gemacht. Ein Computer machte daraus dünne Schichten, wie Scheiben von einem Brot. Knochen ist weiß, Luft ist schwarz, alles andere grau.",
    },
    MR: {
      name: "MRT (Kernspin)",
      text: "Ein starker Magnet und Radiowellen haben diese Bilder gemacht, ohne Röntgenstrahlen. Dieselbe Stelle ist oft in einer Bilderreihe hell und in einer anderen dunkel: Jede Reihe zeigt etwas anderes.",
    },
    US: {
      name: "Ultraschall",
      text: "Schall, den niemand hört, wurde in den Körper geschickt, und sein Echo ergab das Bild. Flüssigkeit sieht schwarz aus. Das Körnige ist normal.",
    },
    DX: {
      name: "Röntgenbild",
      text: "Röntgenstrahlen gingen durch den Körper und warfen einen Schatten. Knochen hält viele auf und sieht weiß aus; Luft lässt sie durch und sieht schwarz aus. Was vorn und was hinten liegt, ist übereinander zu sehen.",
    },
    MG: {
      name: "Mammographie",
      text: "Ein Röntgenbild der Brust, die kurz flach gedrückt wurde. Fett sieht dunkelgrau aus, anderes Brustgewebe weiß. Das ist von Frau zu Frau sehr verschieden.",
    },
    XA: {
      name: "Röntgenfilm",
      text: "Röntgenbilder, eines nach dem anderen aufgenommen, wie ein Film. Oft wird eine Flüssigkeit gegeben, die Adern oder Darm sichtbar macht.",
    },
    NM: {
      name: "Szintigraphie (Nuklearmedizin)",
      text: "Sie bekamen eine sehr kleine Menge eines radioaktiven Stoffs. Das Bild zeigt, wohin im Körper er gegangen ist.",
    },
    PT: {
      name: "PET",
      text: "Sie bekamen eine sehr kleine Menge eines radioaktiven Stoffs, oft eine Art Zucker. Stellen, die viel davon verbrauchen, sehen kräftig aus. Bei Gehirn, Herz und Blase ist das normal.",
    },
    other: {
      name: "Bilder",
      text: "Diese Bilder wurden für Ihre Untersuchung gemacht. Ihr Arzt oder Ihre Ärztin kann Ihnen sagen, wie.",
    },
  },
  planes: {
    axial:
      "Diese Schichten liegen quer durch den Körper. Man schaut von den Füßen nach oben, darum ist Ihre rechte Seite links im Bild.",
    coronal:
      "Diese Schichten zeigen den Körper von vorn, als stünden Sie sich selbst gegenüber. Ihre rechte Seite ist links.",
    sagittal: "Diese Schichten zeigen den Körper von der Seite.",
  },
  many: "Mit dem Schieber gehen Sie Bild für Bild durch. Jedes liegt im Körper ein kleines Stück weiter.",
  sides:
    "Buchstaben an den Rändern nennen die Seiten: R ist Ihre rechte, L Ihre linke, A vorn, P hinten, H oder S der Kopf, F oder I die Füße.",
  judging:
    "Vieles, was seltsam aussieht, ist normal. Was die Bilder bedeuten, kann nur ein Arzt oder eine Ärztin sagen, die Sie kennt. Der Befund sagt, was gefunden wurde.",
  glossaryTitle: "Wörter, die Ihnen begegnen können",
  glossary: [
    ["Abdomen", "Der Bauch."],
    ["Auffällig", "Nicht wie üblich. Das muss nichts Schlimmes sein."],
    ["Akut", "Neu oder plötzlich."],
    ["Angiographie", "Bilder der Blutgefäße."],
    ["Aorta", "Das größte Blutgefäß; es kommt vom Herzen."],
    ["Artefakt", "Eine Spur vom Gerät, die nicht im Körper ist."],
    ["Atrophie", "Etwas ist kleiner geworden."],
    ["Axial", "In Schichten quer durch den Körper."],
    ["Benigne (gutartig)", "Kein Krebs."],
    ["Biopsie", "Ein winziges Stück wird entnommen und unter dem Mikroskop angesehen."],
    ["Verkalkung", "Eine kleine Ablagerung von Kalk. Oft harmlos."],
    ["Chronisch", "Schon lange da."],
    ["Kontrastmittel", "Ein Stoff, mit dem man manches besser sieht."],
    ["Koronal", "Von vorn gesehen."],
    ["Zyste", "Ein Bläschen mit Flüssigkeit. Oft harmlos."],
    ["Degenerativ", "Durch Alter und Gebrauch abgenutzt."],
    ["Dichte", "Wie sehr etwas Röntgenstrahlen aufhält."],
    ["Bandscheibe", "Das Polster zwischen zwei Wirbeln."],
    ["Erguss", "Flüssigkeit, wo sonst wenig ist."],
    ["Fraktur", "Ein Knochenbruch."],
    ["Blutung", "Blut ist ausgetreten."],
    ["Hernie (Bruch)", "Etwas hat sich aus seiner üblichen Lage geschoben."],
    ["Beurteilung", "Das Fazit des Befunds."],
    ["Infarkt", "Eine Stelle, die zu wenig Blut bekam."],
    ["Entzündung", "Die Antwort des Körpers auf Schaden, etwa eine Infektion."],
    ["Läsion", "Jede Stelle, die anders aussieht. Das Wort sagt nicht, was es ist."],
    ["Band (Ligament)", "Ein fester Strang, der Knochen zusammenhält."],
    ["Lymphknoten", "Ein kleiner Filter der Abwehr. Jeder Mensch hat viele."],
    ["Maligne (bösartig)", "Krebs."],
    ["Raumforderung", "Etwas, das Platz einnimmt. Es kann harmlos sein."],
    ["Metastase", "Krebs, der an eine andere Stelle gewandert ist."],
    ["Knoten", "Ein kleiner runder Fleck. Die meisten sind harmlos."],
    ["Ödem", "Schwellung durch Flüssigkeit."],
    ["Verschattung", "Eine Stelle, die weißer aussieht als ihre Umgebung."],
    ["Becken", "Der unterste Teil des Rumpfs, zwischen den Hüften."],
    ["Radiologin, Radiologe", "Wer solche Bilder ärztlich beurteilt."],
    ["Sagittal", "Von der Seite gesehen."],
    ["Serie", "Bilder, die zusammengehören."],
    ["Stenose", "Eine Engstelle."],
    ["Thrombose", "Ein Gerinnsel in einem Blutgefäß."],
    ["Tumor", "Eine Wucherung, harmlos oder nicht."],
    ["Unauffällig", "Sieht aus, wie es soll. Eine gute Nachricht."],
  ],
};
