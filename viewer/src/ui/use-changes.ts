import { useEffect, useReducer } from "preact/hooks";

/** Draws the component again whenever the thing it shows says that it has changed. */
export function useChanges(thing: { listen(listener: () => void): () => void }): void {
  const [, again] = useReducer((turn: number) => turn + 1, 0);
  useEffect(() => {
    again(undefined as never);
    return thing.listen(() => again(undefined as never));
  }, [thing]);
}
