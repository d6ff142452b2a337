export { type AnyLifecycleListener, EventBus, type EventEmitter, type LifecycleListener } from "./event-bus.js";
export {
  defineSink,
  type EventSink,
  type OpenedSink,
  type OutgoingEvent,
  type SinkAnswer,
  type SinkContext,
  type SinkDefinition,
} from "./event-sink.js";
export type { ConnectionIdentity, LifecycleEventName, LifecycleEvents } from "./lifecycle-events.js";
