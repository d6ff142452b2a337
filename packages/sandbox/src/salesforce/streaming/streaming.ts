import type { Clock, RandomBytes } from "../../shared/clock.js";
import type { RecordStore } from "../data/record-store.js";
import { ChangeEvents } from "./change-events.js";
import { EventBus } from "./event-bus.js";
import { StreamSessions } from "./sessions.js";
import type { StreamingSettings } from "./streaming-settings.js";

/** What the Streaming API of one sandbox is made of. */
export interface Streaming {
  bus: EventBus;
  changes: ChangeEvents;
  sessions: StreamSessions;
  /** Does what changes records without an event, as seeding does. */
  quietly(work: () => void): void;
  /** Forgets events and sessions. */
  clear(): void;
}

/** Makes it; every change of a record becomes an event. */
export function createStreaming(parts: {
  clock: Clock;
  random: RandomBytes;
  settings: StreamingSettings;
  store: RecordStore;
}): Streaming {
  const bus = new EventBus(parts.clock, () => parts.settings.eventRetentionMs);
  const changes = new ChangeEvents(bus, parts.clock);
  const sessions = new StreamSessions(parts.clock, parts.random);
  bus.listen((event) => sessions.deliver(event));
  let quiet = false;
  parts.store.onRecordsChanged((records) => {
    if (!quiet) changes.publish(records);
  });
  return {
    bus,
    changes,
    sessions,
    quietly: (work) => {
      quiet = true;
      try {
        work();
      } finally {
        quiet = false;
      }
    },
    clear: () => {
      sessions.clear();
      bus.clear();
    },
  };
}
