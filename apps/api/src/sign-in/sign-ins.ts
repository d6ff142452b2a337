import type { Clock } from "@isthmus/core";
import type { JWTVerifyGetKey } from "jose";
import type { IdentityProviderRow } from "../repositories/index.js";
import type { DocumentAccess } from "./fetch-document.js";
import { PublishedKeys } from "./published-keys.js";
import { RefusalBudget } from "./refusal-budget.js";
import { SeenTokens } from "./seen-tokens.js";

/** A set of keys weighs some kilobytes; one that is dropped is fetched again. */
const maxProviders = 500;

/** What a process keeps of sign-ins between requests. Whether a provider is trusted is not kept: that is asked each time. */
export class SignIns {
  readonly seen: SeenTokens;
  readonly refusals: RefusalBudget;
  readonly #parts: DocumentAccess & { readonly clock: Clock };
  readonly #keys = new Map<string, PublishedKeys>();

  constructor(parts: DocumentAccess & { readonly clock: Clock }) {
    this.#parts = parts;
    this.seen = new SeenTokens(parts.clock);
    this.refusals = new RefusalBudget(parts.clock);
  }

  /** Finds the keys of a provider. No two providers share any, also where they name one address. */
  keysOf({ id, jwksUri }: Pick<IdentityProviderRow, "id" | "jwksUri">): JWTVerifyGetKey {
    const key = `${id} ${jwksUri}`;
    const keys = this.#keys.get(key) ?? new PublishedKeys({ ...this.#parts, jwksUri });
    this.#keys.delete(key);
    this.#keys.set(key, keys);
    const [longestUnused] = this.#keys.size > maxProviders ? this.#keys.keys() : [];
    if (longestUnused !== undefined) this.#keys.delete(longestUnused);
    return keys.find;
  }
}
