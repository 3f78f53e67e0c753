import { useState } from "preact/hooks";
import { LANGUAGES, type Language, languageChoice, words } from "../messages/index";
import { useChanges } from "./use-changes";

/** Every language by its own name, so that whoever cannot read the page finds theirs. */
export function LanguageField() {
  useChanges(languageChoice);
  const [failed, setFailed] = useState(false);
  return (
    <div class="language">
      <label>
        <span>{words.language}</span>
        <select
          data-testid="language"
          value={languageChoice.current}
          onChange={(event) => {
            const field = event.currentTarget;
            setFailed(false);
            languageChoice.choose(field.value as Language).catch(() => {
              field.value = languageChoice.current;
              setFailed(true);
            });
          }}
        >
          {(Object.keys(LANGUAGES) as Language[]).map((language) => (
            <option key={language} value={language} lang={language}>
              {LANGUAGES[language]}
            </option>
          ))}
        </select>
      </label>
      <p role="status">{failed ? words.languageFailed : ""}</p>
    </div>
  );
}
