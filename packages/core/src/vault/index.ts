export type { DataKeyCacheLimits } from "./data-key-cache.js";
export { type DataKeyRecord, type DataKeyStore, MemoryDataKeyStore } from "./data-key-store.js";
export { type DataKeyContext, type KeyProvider, type WrappedKey, wrappedKeySchema } from "./key-provider.js";
export { importLaravel, type LaravelOptions, openLaravelValue } from "./laravel.js";
export type { LaravelCipher } from "./laravel-keys.js";
export { LocalKeyring } from "./local-keyring.js";
export type { PlainValue } from "./php-serialized.js";
export { type SealContext, type SealedValue, sealedValueAlgorithm, sealedValueSchema } from "./sealed-value.js";
export { Vault, type VaultOptions } from "./vault.js";
