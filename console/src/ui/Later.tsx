import { type ComponentType, type ReactNode, useEffect, useState } from "react";

/** A component whose code is loaded when it is first shown, or before. */
export interface Part<P> {
  loaded?: ComponentType<P>;
  load: () => Promise<void>;
}

export function part<P>(load: () => Promise<{ default: ComponentType<P> }>): Part<P> {
  const made: Part<P> = {
    load: async () => {
      made.loaded = (await load()).default;
    },
  };
  return made;
}

/** Shows a part as soon as it is loaded: Suspense would keep what stands there until then for 300 ms. */
export function Later<P extends object>({
  of,
  props,
  meanwhile = null,
}: {
  of: Part<P>;
  props: P;
  meanwhile?: ReactNode;
}) {
  const [fault, setFault] = useState<unknown>();
  const [, look] = useState(false);
  useEffect(() => {
    if (!of.loaded) of.load().then(() => look(true), setFault);
  }, [of]);
  if (fault) throw fault; // to the boundary, which says what to do
  const Loaded = of.loaded;
  return Loaded ? <Loaded {...props} /> : meanwhile;
}
