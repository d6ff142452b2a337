/**
 * What a connector may have or lack, so that some clauses apply or do not: a person's consent in a browser, tokens, an
 * operation that writes, a vendor that can be made to state no token lifetime, a vendor or input that can name a host, a bulk operation,
 * a writer of records in bulk.
 */
export const capabilities = [
  "browser",
  "tokens",
  "write",
  "lifetime_omission",
  "misdirection",
  "bulk",
  "writer",
] as const;

/** One of {@link capabilities}. */
export type Capability = (typeof capabilities)[number];
