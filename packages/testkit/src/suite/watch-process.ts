import type { EventEmitter } from "node:events";

/** Something that nobody handled. */
export interface UnhandledEvent {
  readonly event: "unhandledRejection" | "uncaughtException";
  readonly error: unknown;
}

const names = ["unhandledRejection", "uncaughtException"] as const;

/**
 * Takes the place of everybody who listens for unhandled rejections and exceptions, the test runner included, until
 * `stop`: what is seen is a clause's verdict and not the end of the run.
 */
export function watchProcess(): { readonly seen: readonly UnhandledEvent[]; stop(): void } {
  const seen: UnhandledEvent[] = [];
  const emitter: EventEmitter = process;
  const ends = names.map((event) => {
    const others = emitter.rawListeners(event);
    const listener = (error: unknown) => {
      seen.push({ event, error });
    };
    emitter.removeAllListeners(event);
    emitter.on(event, listener);
    return () => {
      emitter.removeListener(event, listener);
      for (const other of others) emitter.on(event, other as (...values: unknown[]) => void);
    };
  });
  return {
    seen,
    stop: () => {
      for (const end of ends) end();
    },
  };
}
