/** Tells the time as milliseconds since 1970-01-01 UTC. Everything here that depends on time asks one of these, so tests can move it. */
export type Clock = () => number;

/** Gives `size` unpredictable bytes. Tests may hand in a repeatable source. */
export type RandomBytes = (size: number) => Uint8Array;
