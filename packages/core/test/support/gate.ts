/** Something that waits until a test lets it go on. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

/** A closed gate. */
export function makeGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}
