export type { DataKeyCacheLimits } from "./data-key-cache.js";
export { type DataKeyRecord, type DataKeyStore, MemoryDataKeyStore } from "./data-key-store.js";
export { type DataKeyContext, type KeyProvider, type WrappedKey, wrappedKeySchema } from "./key-provider.js";
export { LocalKeyring } from "./local-keyring.js";
export { type SealContext, type SealedValue, sealedValueAlgorithm, sealedValueSchema } from "./sealed-value.js";
export { Vault, type VaultOptions } from "./vault.js";
