import { LocalKeyring } from "@isthmus/core";
import { FileTokenStore, type FileTokenStoreOptions, openFileVault } from "../../examples/file-token-store.js";

/** A keyring for the processes of one test. */
export const testKeys: string = LocalKeyring.generate();

/** A store with a vault of its own, as each process has one, for the one connection that the tests have. */
export function openStore(folder: string, keys: string, options: Partial<FileTokenStoreOptions> = {}): FileTokenStore {
  return new FileTokenStore({ folder, connectionId: "acme/eu", vault: openFileVault(folder, keys), ...options });
}
