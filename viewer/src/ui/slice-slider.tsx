import { count } from "../messages/format";
import { words } from "../messages/index";
import type { Viewing } from "../viewer/viewing";

/** The way through a series by thumb, mouse or keys. Its place is kept where there is one picture only. */
export function SliceSlider({ viewing }: { viewing: Viewing }) {
  const total = viewing.count;
  const spoken = words.sliceSpoken(count(viewing.index + 1), count(total));
  return (
    <div class="slider">
      {total > 1 && (
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
      )}
    </div>
  );
}
