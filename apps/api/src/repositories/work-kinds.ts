/** Kinds of work that rows ask for, and for which workers are woken. */
export const workKinds = ["syncs", "runs", "deliveries", "cancellations"] as const;

/** One of {@link workKinds}: runs of syncs, operation runs, deliveries to webhooks and sinks, wishes to end a sync that is under way. */
export type WorkKind = (typeof workKinds)[number];

/**
 * Notes that a transaction leaves work of a kind behind, for the workers to be woken once it is committed.
 *
 * @param afterMs - When it is due, in milliseconds from now. Default: at once.
 */
export type NoteWork = (kind: WorkKind, afterMs?: number) => void;

/** For whoever wakes nobody. */
export const noteNothing: NoteWork = () => undefined;
