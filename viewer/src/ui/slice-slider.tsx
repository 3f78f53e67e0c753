import { count, decimal } from "../messages/format";
import { words } from "../messages/index";
import { SPEEDS } from "../viewer/cine";
import type { Viewing } from "../viewer/viewing";
import { Icon } from "./icons";

/** The way through a series by thumb, mouse or keys, and its film. The place is kept where there is one picture only. */
export function SliceSlider({ viewing, alone }: { viewing: Viewing; alone: boolean }) {
  const total = viewing.count;
  const spoken = words.sliceSpoken(count(viewing.index + 1), count(total));
  const { cine } = viewing;
  return (
    <div class="slider">
      {total > 1 && (
        <>
          <button
            type="button"
            class="play"
            data-testid="play"
            aria-pressed={cine.playing}
            onClick={() => cine.toggle()}
          >
            <Icon name={cine.playing ? "pause" : "play"} />
            <span>{cine.playing ? words.pause : words.play}</span>
          </button>
          <input
            type="range"
            min={0}
            max={total - 1}
            step={1}
            value={viewing.index}
            data-testid="slider"
            aria-label={words.slider}
            aria-valuetext={spoken}
            onInput={(event) => viewing.goTo(Number(event.currentTarget.value))}
          />
          {(alone || cine.playing) && <FilmOptions viewing={viewing} />}
        </>
      )}
    </div>
  );
}

/** Beside the slider where there is room; elsewhere over the picture while a film runs, so that nothing moves. */
function FilmOptions({ viewing }: { viewing: Viewing }) {
  const { cine } = viewing;
  return (
    <div class="film" data-playing={cine.playing}>
      <label>
        <span>{words.speed}</span>
        <select
          data-testid="speed"
          value={String(cine.speed)}
          onChange={(event) => cine.setSpeed(Number(event.currentTarget.value))}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={String(speed)}>
              {speed === 1 && cine.isRecorded ? words.recordedSpeed : words.timesSpeed(decimal(speed, 2))}
            </option>
          ))}
        </select>
      </label>
      <span class="film-rate" data-testid="rate">
        {words.perSecond(decimal(cine.rate, cine.rate < 10 ? 1 : 0))}
      </span>
      <button
        type="button"
        class="tool"
        data-testid="bounce"
        aria-pressed={cine.bounce}
        onClick={() => cine.setBounce(!cine.bounce)}
      >
        <Icon name="bounce" />
        <span>{words.bounce}</span>
      </button>
    </div>
  );
}
