import { useEffect, useReducer } from "preact/hooks";

interface Changing {
  listen(listener: () => void): () => void;
}

const next = (turn: number, _: undefined) => turn + 1;

/** Draws the component again whenever the thing it shows says that it has changed. */
export function useChanges(thing: Changing): void {
  const [, again] = useReducer<number, undefined>(next, 0);
  useEffect(() => {
    again(undefined);
    return thing.listen(() => again(undefined));
  }, [thing]);
}

/** The same for what changes many times a second: once per screen refresh is enough. */
export function useFrequentChanges(thing: Changing): void {
  const [, again] = useReducer<number, undefined>(next, 0);
  useEffect(() => {
    let scheduled = 0;
    const schedule = () => {
      scheduled ||= requestAnimationFrame(() => {
        scheduled = 0;
        again(undefined);
      });
    };
    schedule();
    const unlisten = thing.listen(schedule);
    return () => {
      unlisten();
      cancelAnimationFrame(scheduled);
    };
  }, [thing]);
}
