import { type Random, systemRandom } from "@isthmus/core";

/** Strong bytes, but always the same jitter: of two waits, the longer one is longer because the code wants it so. */
export const steadyRandom: Random = { ...systemRandom, number: () => 0.5 };
