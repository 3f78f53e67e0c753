/** The page for sharing: shows what belongs to the choice, and says the whole choice back while it is made. */

const form = document.querySelector<HTMLFormElement>("form.share");
if (form) {
  follow(form);
}

function follow(form: HTMLFormElement) {
  const sentences = JSON.parse(form.dataset.sentences ?? "{}") as Record<string, string>;
  const said = form.querySelector<HTMLElement>("#said");
  const radios = (name: string) => [...form.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)];
  const chosen = (name: string) => radios(name).find((radio) => radio.checked);
  const text = (name: string) => {
    const field = form.elements.namedItem(name);
    return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value.trim() : "";
  };
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long" });
  let touched = Boolean(chosen("download"));

  // What is said here need not be said again on a page of its own.
  const sure = form.elements.namedItem("sure");
  if (sure instanceof HTMLInputElement) {
    sure.value = "yes";
  }

  function until(): string {
    const days = text("days");
    if (days !== "day") {
      return day.format(new Date(Date.now() + Number(days) * 86_400_000));
    }
    const picked = new Date(`${text("day")}T12:00:00`);
    return Number.isNaN(picked.getTime()) ? "…" : day.format(picked);
  }

  function sayBack(): string[] {
    const who = chosen("who");
    const named = who?.value !== "anyone";
    const name = named ? text("name") || text("office") || (who?.dataset.somebody ?? "") : "";
    const count = radios("study").filter((box) => box.checked).length;
    const report = chosen("report") ? "-report" : "";
    const often = text("most");
    const values: Record<string, string> = {
      name,
      count: String(count),
      address: text("email") || text("phone") || "…",
      day: until(),
      times: often,
    };
    const keys = [
      `${name ? "named" : "anyone"}-${count < 2 ? "one" : "more"}${report}`,
      chosen("step")?.value ?? "passcode",
      chosen("download")?.value === "no" ? "look" : "download",
      often === "" ? "until" : often === "1" ? "once" : "times",
    ];
    return keys.map((key) => (sentences[key] ?? "").replace(/%\((\w+)\)s/g, (_, field: string) => values[field] ?? ""));
  }

  function settle() {
    const who = chosen("who")?.value ?? "doctor";
    form.dataset.who = who;
    form.dataset.days = text("days");
    if (!touched) {
      const usual = radios("download").find((radio) => radio.value === (who === "doctor" ? "yes" : "no"));
      if (usual) {
        usual.checked = true;
      }
    }
    if (said) {
      const now = sayBack();
      const spans = now.map((sentence) => {
        const span = document.createElement("span");
        span.textContent = `${sentence} `;
        return span;
      });
      if (said.textContent !== spans.map((span) => span.textContent).join("")) {
        said.replaceChildren(...spans);
      }
    }
  }

  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.name === "download") {
      touched = true;
    }
    settle();
  });
  form.addEventListener("input", settle);
  const wrong = form.querySelector<HTMLElement>('[aria-invalid="true"]');
  wrong?.focus();
  settle();
}

export {};
