import { randomBytes, randomUUID } from "node:crypto";

/** Randomness as the code sees it. The default is cryptographically strong; a test hands in a seeded one. */
export interface Random {
  /** A number in [0, 1), for jitter. */
  number(): number;
  /** `length` random bytes. */
  bytes(length: number): Buffer;
  /** A version 4 UUID. */
  uuid(): string;
}

/** `node:crypto` for bytes and ids. */
export const systemRandom: Random = {
  number: () => Math.random(),
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
};
