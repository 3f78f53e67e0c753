/** Buttons that make or show a passkey: <section data-passkey="new|show" data-options="/…" data-answer="/…">. */

type Answer = { next?: string; title?: string; type?: string } & Record<string, unknown>;
type Described = { type: "public-key"; id: string };

const bytes = (text: string) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

function text(buffer: ArrayBuffer | null): string {
  const binary = Array.from(new Uint8Array(buffer ?? new ArrayBuffer(0)), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Browsers that read these options as JSON themselves are still too new. */
const described = (all: Described[] | undefined) =>
  (all ?? []).map((each) => ({ type: each.type, id: bytes(each.id) }));

async function ask(address: string, body: object): Promise<Answer> {
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

async function made(options: Answer): Promise<object> {
  const given = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  const key = (await navigator.credentials.create({
    publicKey: {
      ...given,
      challenge: bytes(given.challenge),
      user: { ...given.user, id: bytes(given.user.id) },
      excludeCredentials: described(given.excludeCredentials as Described[] | undefined),
    } as PublicKeyCredentialCreationOptions,
  })) as PublicKeyCredential;
  const answer = key.response as AuthenticatorAttestationResponse;
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response: { clientDataJSON: text(answer.clientDataJSON), attestationObject: text(answer.attestationObject) },
  };
}

async function shown(options: Answer): Promise<object> {
  const given = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  const key = (await navigator.credentials.get({
    publicKey: {
      ...given,
      challenge: bytes(given.challenge),
      allowCredentials: described(given.allowCredentials as Described[] | undefined),
    } as PublicKeyCredentialRequestOptions,
  })) as PublicKeyCredential;
  const answer = key.response as AuthenticatorAssertionResponse;
  return {
    id: key.id,
    rawId: text(key.rawId),
    type: key.type,
    response: {
      clientDataJSON: text(answer.clientDataJSON),
      authenticatorData: text(answer.authenticatorData),
      signature: text(answer.signature),
      userHandle: answer.userHandle ? text(answer.userHandle) : null,
    },
  };
}

/** What the page says beside the button: name, e-mail address, what the key is to be called. */
function said(section: HTMLElement): Record<string, string> {
  const found: Record<string, string> = {};
  const around = section.closest("form") ?? section;
  for (const field of around.querySelectorAll<HTMLInputElement>("input[name]")) {
    if (field.type !== "password" && field.type !== "hidden") {
      found[field.name] = field.value;
    }
  }
  return found;
}

function asksEnough(section: HTMLElement): boolean {
  const fields = section.closest("form")?.querySelectorAll<HTMLInputElement>("input[required]") ?? [];
  return Array.from(fields).every((field) => field.reportValidity());
}

async function go(section: HTMLElement, wrong: HTMLElement): Promise<void> {
  const { options = "", answer = "", next = "", token = "", passkey } = section.dataset;
  const body = { ...said(section), form_token: token };
  const asked = await ask(options, body);
  if (asked.type === "prove-again") {
    location.assign(section.dataset.again ?? "/sign-in/again");
    return;
  }
  if (asked.challenge === undefined) {
    throw new Error(asked.title);
  }
  const credential = await (passkey === "new" ? made(asked) : shown(asked));
  const again = passkey === "show" && section.dataset.again !== undefined;
  const outcome = await ask(answer, { ...body, credential, next, again });
  if (!outcome.next) {
    throw new Error(outcome.title);
  }
  wrong.hidden = true;
  location.assign(outcome.next);
}

for (const section of document.querySelectorAll<HTMLElement>("[data-passkey]")) {
  const button = section.querySelector("button");
  const wrong = section.querySelector<HTMLElement>("[data-wrong]");
  if (!(button && wrong && window.PublicKeyCredential)) {
    continue;
  }
  section.hidden = false;
  button.addEventListener("click", async () => {
    if (!asksEnough(section)) {
      return;
    }
    button.disabled = true;
    wrong.hidden = true;
    try {
      await go(section, wrong);
    } catch (error) {
      // What browsers say when somebody cancels is for programmers; what the server says is for people.
      const own = error instanceof Error && error.constructor === Error ? error.message : "";
      wrong.textContent = own && own !== "undefined" ? own : (wrong.dataset.wrong ?? "");
      wrong.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
