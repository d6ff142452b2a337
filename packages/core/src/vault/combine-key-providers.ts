import { ConnectorError } from "../errors/index.js";
import type { KeyProvider } from "./key-provider.js";

/**
 * Several kinds of key providers as one, so that data keys can move from one to another while everything stays readable:
 * `current` wraps, and each opens what its kind has wrapped. Closing it closes all of them.
 *
 * @returns a provider of the kind of `current`. It answers `SEALED_VALUE_UNREADABLE` to a wrapped key of a kind that is not
 * among them.
 * @throws {ConnectorError} `KEY_INVALID` when two are of one kind: a wrapped key would not say which of them opens it.
 */
export function combineKeyProviders(current: KeyProvider, ...others: readonly KeyProvider[]): KeyProvider {
  const providers = [current, ...others];
  const byKind = new Map(providers.map((provider) => [provider.provider, provider]));
  const kinds = [...byKind.keys()].join(", ");
  if (byKind.size < providers.length) {
    const message = `Two key providers are of one kind (${kinds}). Give one provider of that kind all its keys.`;
    throw new ConnectorError("KEY_INVALID", message);
  }
  return {
    provider: current.provider,
    currentKeyId: current.currentKeyId,
    keyIds: providers.flatMap(({ keyIds }) => keyIds),
    isCurrent: (wrapped) => wrapped.provider === current.provider && current.isCurrent(wrapped),
    wrap: (dataKey, context) => current.wrap(dataKey, context),
    async unwrap(wrapped, context) {
      const provider = byKind.get(wrapped.provider);
      if (provider !== undefined) return provider.unwrap(wrapped, context);
      throw new ConnectorError(
        "SEALED_VALUE_UNREADABLE",
        `Data key ${context.dataKeyId} of tenant ${context.tenantId} was wrapped by the key provider "${wrapped.provider}", and only ${kinds} is configured. Configure that provider again beside the current one.`,
      );
    },
    async close() {
      await Promise.all(providers.map((provider) => provider.close?.()));
    },
  };
}
