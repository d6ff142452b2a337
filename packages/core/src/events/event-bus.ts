import type { Logger } from "../runtime/index.js";
import { silentLogger } from "../runtime/index.js";
import type { LifecycleEventName, LifecycleEvents } from "./lifecycle-events.js";

/** Receives one kind of event. What it throws is logged and changes nothing for the one who emitted. */
export type LifecycleListener<Name extends LifecycleEventName> = (event: LifecycleEvents[Name]) => void | Promise<void>;

/** Receives every event with its name. */
export type AnyLifecycleListener = (
  name: LifecycleEventName,
  event: LifecycleEvents[LifecycleEventName],
) => void | Promise<void>;

/** Where code tells what happened. */
export interface EventEmitter {
  /** Tells every listener, in the order of their subscription. Never throws and never waits. */
  emit<Name extends LifecycleEventName>(name: Name, event: LifecycleEvents[Name]): void;
}

/** The observer pattern for connector lifecycles: connectors emit, audit, metrics and programs subscribe. */
export class EventBus implements EventEmitter {
  readonly #listeners = new Map<LifecycleEventName | "*", Set<AnyLifecycleListener>>();
  readonly #logger: Logger;

  constructor(options: { readonly logger?: Logger } = {}) {
    this.#logger = options.logger ?? silentLogger;
  }

  /**
   * Subscribes to one kind of event.
   * @returns ends the subscription; calling it twice does no harm.
   */
  on<Name extends LifecycleEventName>(name: Name, listener: LifecycleListener<Name>): () => void {
    return this.#add(name, (_name, event) => listener(event as LifecycleEvents[Name]));
  }

  /** Subscribes to every event. Returns what ends the subscription. */
  onAny(listener: AnyLifecycleListener): () => void {
    return this.#add("*", (name, event) => listener(name, event));
  }

  emit<Name extends LifecycleEventName>(name: Name, event: LifecycleEvents[Name]): void {
    for (const key of [name, "*"] as const) {
      for (const listener of this.#listeners.get(key) ?? []) this.#tell(listener, name, event);
    }
  }

  #add(key: LifecycleEventName | "*", listener: AnyLifecycleListener): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** One listener's failure must neither reach the emitter nor keep the next listener from hearing. */
  #tell<Name extends LifecycleEventName>(
    listener: AnyLifecycleListener,
    name: Name,
    event: LifecycleEvents[Name],
  ): void {
    const failed = (error: unknown) =>
      this.#logger.error(
        { event: name, err: error instanceof Error ? error : new Error(String(error)) },
        "An event listener failed",
      );
    try {
      Promise.resolve(listener(name, event)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
