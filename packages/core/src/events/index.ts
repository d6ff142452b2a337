export { type AnyLifecycleListener, EventBus, type EventEmitter, type LifecycleListener } from "./event-bus.js";
export type { ConnectionIdentity, LifecycleEventName, LifecycleEvents } from "./lifecycle-events.js";
