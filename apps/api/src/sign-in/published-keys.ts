import type { Clock } from "@isthmus/core";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import { ApiError } from "../errors/index.js";
import { type DocumentAccess, fetchDocument } from "./fetch-document.js";

/** How long keys are used without asking again: as long does a key that the provider has withdrawn go on working. */
const maxAgeMs = 600_000;
/** Pause before an unknown key is asked for again, so that made-up tokens make no requests. A new key waits as long at most. */
const cooldownMs = 30_000;
/** The same after an attempt that failed. */
const failurePauseMs = 5_000;
const maxKeys = 100;

/** What {@link PublishedKeys} are made with. */
export interface PublishedKeysOptions extends DocumentAccess {
  readonly jwksUri: string;
  readonly clock: Clock;
}

/**
 * The public keys of one provider, fetched when they are needed.
 *
 * This is what jose's `createRemoteJWKSet` does, which knows no other clock than the machine's and begins a new request for
 * each token while the provider is away. jose still picks the key.
 */
export class PublishedKeys {
  readonly #options: PublishedKeysOptions;
  #pick: JWTVerifyGetKey | undefined;
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #failure: { readonly error: unknown; readonly atMs: number } | undefined;
  #pending: Promise<JWTVerifyGetKey> | undefined;

  constructor(options: PublishedKeysOptions) {
    this.#options = options;
  }

  /**
   * The key that a token's header names.
   *
   * @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE` when the keys cannot be had, so that nobody knows.
   * @throws {errors.JOSEError} when there is none.
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const isFresh = this.#ageMs() < maxAgeMs;
    const pick = (isFresh && this.#pick) || (await this.#fetch());
    try {
      return await pick(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#ageMs() < cooldownMs) throw error;
      return (await this.#fetch())(header, token);
    }
  };

  #ageMs(): number {
    return this.#options.clock.now() - this.#fetchedAtMs;
  }

  #fetch(): Promise<JWTVerifyGetKey> {
    const { clock } = this.#options;
    if (this.#failure && clock.now() - this.#failure.atMs < failurePauseMs) return Promise.reject(this.#failure.error);
    this.#pending ??= this.#load().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #load(): Promise<JWTVerifyGetKey> {
    const { clock, jwksUri } = this.#options;
    try {
      const pick = createLocalJWKSet(await fetchKeys(this.#options, jwksUri));
      this.#pick = pick;
      this.#fetchedAtMs = clock.now();
      this.#failure = undefined;
      return pick;
    } catch (error) {
      this.#failure = { error, atMs: clock.now() };
      throw error;
    }
  }
}

/** The keys at an address, now. @throws {ApiError} `IDENTITY_PROVIDER_UNAVAILABLE`. */
export async function fetchKeys(access: DocumentAccess, jwksUri: string): Promise<JSONWebKeySet> {
  const document = await fetchDocument(access, jwksUri);
  if (isKeySet(document)) return document;
  const message = `What the identity provider shows at ${jwksUri} is no set of keys, or one of more than ${maxKeys}.`;
  throw new ApiError("IDENTITY_PROVIDER_UNAVAILABLE", message);
}

function isKeySet(document: unknown): document is JSONWebKeySet {
  if (typeof document !== "object" || document === null || !("keys" in document)) return false;
  const { keys } = document;
  return (
    Array.isArray(keys) &&
    keys.length <= maxKeys &&
    keys.every((key) => typeof key === "object" && key !== null && !Array.isArray(key))
  );
}
