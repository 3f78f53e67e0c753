import { useRef } from "preact/hooks";
import { CHANGES } from "../geometry/view";
import { words } from "../messages/index";
import { ownRanges, type Preset, presets } from "../render/window";
import { isKind } from "../viewer/hand";
import type { Viewing } from "../viewer/viewing";
import { Icon } from "./icons";

const TOOLS = ["scroll", "contrast", "zoom", "move"] as const;

interface Choice extends Preset {
  label: string;
}

/** Named ranges for the series on the screen: those that came with it, then the usual ones of its kind. */
function choices(viewing: Viewing): Choice[] {
  const { frame, manifest } = viewing;
  if (frame === null || manifest === null) {
    return [];
  }
  const [, ...others] = ownRanges(frame);
  const stored = others.map(({ name, range }, at) => ({
    id: `stored-${at}`,
    range,
    label: name.trim() === "" ? words.otherWindow(at + 2) : name.trim(),
  }));
  const usual = presets(manifest.modality, manifest.unit).map((preset) => ({
    ...preset,
    label: words.presetNames[preset.id] ?? preset.id,
  }));
  return [...stored, ...usual];
}

function ContrastMenu({ viewing }: { viewing: Viewing }) {
  const { frame } = viewing;
  const { contrast } = viewing.look;
  const byPointer = useRef(false);
  const named = choices(viewing);
  const { states } = viewing;
  const chosen =
    contrast.kind === "chosen"
      ? contrast.id
      : contrast.kind === "presented"
        ? `state-${states.indexOf(contrast.state)}`
        : contrast.kind;
  const choose = (id: string) => {
    if (id === "as-taken" || id === "everything") {
      viewing.look.setContrast({ kind: id });
      return;
    }
    const state = states.find((_, at) => id === `state-${at}`);
    if (state !== undefined) {
      viewing.look.present(state);
      return;
    }
    const preset = named.find((one) => one.id === id);
    if (preset !== undefined) {
      viewing.look.setContrast({ kind: "chosen", id, range: preset.range });
    }
  };
  return (
    <label class="presets">
      <span>{words.presets}</span>
      <select
        data-testid="presets"
        value={chosen}
        onPointerDown={() => {
          byPointer.current = true;
        }}
        onKeyDown={() => {
          byPointer.current = false;
        }}
        onChange={(event) => {
          choose(event.currentTarget.value);
          if (byPointer.current) {
            // Whoever chose with the mouse wants the arrow keys back for the pictures.
            event.currentTarget.blur();
          }
        }}
      >
        <option value="as-taken">{words.asTaken}</option>
        {frame?.samples === 1 && <option value="everything">{words.everything}</option>}
        {states.map((state, at) => (
          <option key={`state-${at}`} value={`state-${at}`}>
            {words.presented(state.description || state.title)}
          </option>
        ))}
        {named.map((preset) => (
          <option key={preset.id} value={preset.id}>
            {preset.label}
          </option>
        ))}
        {chosen === "own" && <option value="own">{words.ownContrast}</option>}
      </select>
    </label>
  );
}

interface ToolbarProps {
  viewing: Viewing;
  /** Several cells are on the screen. */
  many: boolean;
  more: () => void;
  help: () => void;
}

export function Toolbar({ viewing, many, more, help }: ToolbarProps) {
  const hasPictures = viewing.entry?.kind === "images";
  return (
    <section class="toolbar" aria-label={words.tools}>
      <div class="tools">
        {TOOLS.map((tool) => (
          <button
            key={tool}
            type="button"
            class="tool"
            data-testid={`tool-${tool}`}
            aria-pressed={viewing.tool === tool}
            disabled={!hasPictures || (tool === "scroll" && viewing.count < 2)}
            onClick={() => viewing.useTool(tool)}
          >
            <Icon name={tool} />
            <span>{words[tool]}</span>
          </button>
        ))}
        <button
          type="button"
          class="tool"
          data-testid="tool-measure"
          aria-pressed={isKind(viewing.tool)}
          disabled={!hasPictures}
          onClick={() => viewing.useTool("length")}
        >
          <Icon name="measure" />
          <span>{words.measuring.tool}</span>
        </button>
        {many && (
          <button
            type="button"
            class="tool"
            data-testid="tool-find"
            aria-pressed={viewing.tool === "find"}
            disabled={!hasPictures}
            onClick={() => viewing.useTool("find")}
          >
            <Icon name="find" />
            <span>{words.find}</span>
          </button>
        )}
        <button type="button" class="tool more-button" data-testid="more" onClick={more}>
          <Icon name="more" />
          <span>{words.more}</span>
        </button>
      </div>
      {hasPictures && (
        <div class="options">
          <div class="for-contrast">
            <ContrastMenu viewing={viewing} />
            <button
              type="button"
              class="tool"
              data-testid="invert"
              aria-pressed={viewing.look.invert}
              onClick={() => viewing.look.toggleInvert()}
            >
              <Icon name="invert" />
              <span>{words.invert}</span>
            </button>
            {viewing.look.hasDrawings && (
              <button
                type="button"
                class="tool"
                data-testid="drawings"
                aria-pressed={viewing.look.drawings}
                onClick={() => viewing.toggleDrawings()}
              >
                <Icon name="drawings" />
                <span>{words.drawings}</span>
              </button>
            )}
          </div>
          <div class="for-zoom">
            <button type="button" class="tool" data-testid="fit" onClick={() => viewing.look.fit()}>
              <Icon name="fit" />
              <span>{words.fit}</span>
            </button>
            <button type="button" class="tool" data-testid="turn" onClick={() => viewing.look.turn(CHANGES.right)}>
              <Icon name="turn" />
              <span>{words.turn}</span>
            </button>
            <button type="button" class="tool" data-testid="mirror" onClick={() => viewing.look.turn(CHANGES.mirror)}>
              <Icon name="mirror" />
              <span>{words.mirror}</span>
            </button>
            <button type="button" class="tool" data-testid="flip" onClick={() => viewing.look.turn(CHANGES.upsideDown)}>
              <Icon name="flip" />
              <span>{words.flip}</span>
            </button>
            <button type="button" class="tool" data-testid="reset" onClick={() => viewing.look.reset()}>
              <Icon name="reset" />
              <span>{words.reset}</span>
            </button>
          </div>
          <button type="button" class="tool help-button" data-testid="help" onClick={help}>
            <Icon name="keys" />
            <span>{words.keys}</span>
          </button>
        </div>
      )}
    </section>
  );
}
