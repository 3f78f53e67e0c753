/** English explanations, and the shape of those in every other language. */

const kind = (name: string, text: string) => ({ name, text });

export const explained = {
  kinds: {
    CT: kind(
      "CT scan",
      "A machine turned around you and took X-rays from all sides. A computer made thin slices of them, like slices of bread. Bone is white, air is black, everything else is grey.",
    ),
    MR: kind(
      "MRI scan",
      "A strong magnet and radio waves made these pictures, without X-rays. The same part often looks bright in one set of pictures and dark in another: each set shows something else.",
    ),
    US: kind(
      "Ultrasound",
      "Sound that nobody can hear was sent into the body, and its echo made the picture. Fluid looks black. The grainy look is normal.",
    ),
    DX: kind(
      "X-ray picture",
      "X-rays went through the body and threw a shadow. Bone stops many of them and looks white; air lets them through and looks black. What lies in front and what lies behind is seen on top of each other.",
    ),
    MG: kind(
      "Mammogram",
      "An X-ray picture of the breast, pressed flat for a moment. Fat looks dark grey, other breast tissue looks white. That differs much from woman to woman.",
    ),
    XA: kind(
      "X-ray film",
      "X-rays taken one after the other, like a film. Often a liquid was given that makes blood vessels or the bowel visible.",
    ),
    NM: kind(
      "Nuclear medicine scan",
      "You were given a very small amount of a radioactive substance. The picture shows where in the body it went.",
    ),
    PT: kind(
      "PET scan",
      "You were given a very small amount of a radioactive substance, often a kind of sugar. Parts that use much of it look strong. The brain, the heart and the bladder normally do.",
    ),
    other: kind("Pictures", "These pictures were taken for your examination. Your doctor can tell you how."),
  },
  planes: {
    axial:
      "These slices lie across the body. You look from the feet up, so your right side is on the left of the picture.",
    coronal:
      "These slices show the body from the front, as if you stood before yourself. Your right side is on the left.",
    sagittal: "These slices show the body from the side.",
  },
  many: "Slide to go through the pictures one by one. Each is a little further along in the body.",
  sides:
    "Letters at the edges say which way is which: R is your right, L your left, A the front, P the back, H or S the head, F or I the feet.",
  judging:
    "Much that looks strange is normal. What the pictures mean, only a doctor who knows you can say. The report tells what was found.",
  glossaryTitle: "Words you may meet",
  glossary: [
    ["Abdomen", "The belly."],
    ["Abnormal", "Not as usual. It need not be bad."],
    ["Acute", "New or sudden."],
    ["Angiography", "Pictures of the blood vessels."],
    ["Aorta", "The largest blood vessel, from the heart down."],
    ["Artefact", "A mark that the machine made and that is not in the body."],
    ["Atrophy", "A part has become smaller."],
    ["Axial", "In slices across the body."],
    ["Benign", "Not cancer."],
    ["Biopsy", "Taking a tiny piece to look at it under a microscope."],
    ["Calcification", "A small deposit of calcium. Often harmless."],
    ["Chronic", "There for a long time."],
    ["Contrast medium", "A substance given so that some parts show better."],
    ["Coronal", "Seen from the front."],
    ["Cyst", "A small bag filled with fluid. Often harmless."],
    ["Degenerative", "Worn by age and use."],
    ["Density", "How much a part stops X-rays."],
    ["Disc", "The cushion between two bones of the spine."],
    ["Effusion", "Fluid where there is usually little."],
    ["Fracture", "A broken bone."],
    ["Haemorrhage", "Bleeding."],
    ["Hernia", "Something pushed out of its usual place."],
    ["Impression", "The sum of the report: what the doctor makes of it."],
    ["Infarct", "A part that got too little blood."],
    ["Inflammation", "The body's answer to harm, such as an infection."],
    ["Lesion", "Any spot that looks different. The word does not say what it is."],
    ["Ligament", "A strong band that holds bones together."],
    ["Lymph node", "A small filter of the body's defence. Everybody has many."],
    ["Malignant", "Cancer."],
    ["Mass", "A lump. It may be harmless."],
    ["Metastasis", "Cancer that has spread to another place."],
    ["Nodule", "A small round spot. Most are harmless."],
    ["Oedema", "Swelling by fluid."],
    ["Opacity", "A place that looks whiter than what is around it."],
    ["Pelvis", "The lowest part of the trunk, between the hips."],
    ["Radiologist", "The doctor who reads such pictures."],
    ["Sagittal", "Seen from the side."],
    ["Series", "A set of pictures that belong together."],
    ["Stenosis", "A narrow place."],
    ["Thrombosis", "A clot in a blood vessel."],
    ["Tumour", "A growth, harmless or not."],
    ["Unremarkable", "Looks as it should. Good news."],
  ] as readonly (readonly [string, string])[],
};

export type Explanations = typeof explained;
