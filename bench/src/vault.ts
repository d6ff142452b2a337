import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { type KeyProvider, LocalKeyring, MemoryDataKeyStore, Vault } from "@isthmus/core";

// Opening 1 KB of credentials whose data key is cached, beside what it cannot do without: one HKDF and one decryption.
const rounds = 5;
const calls = 20_000;
const keyring = LocalKeyring.parse(LocalKeyring.generate());
let providerCalls = 0;
const keyProvider: KeyProvider = {
  provider: keyring.provider,
  currentKeyId: keyring.currentKeyId,
  keyIds: keyring.keyIds,
  isCurrent: (wrapped) => keyring.isCurrent(wrapped),
  wrap: (...given) => {
    providerCalls += 1;
    return keyring.wrap(...given);
  },
  unwrap: (...given) => {
    providerCalls += 1;
    return keyring.unwrap(...given);
  },
};
const vault = new Vault({ keyProvider, dataKeys: new MemoryDataKeyStore() });
const place = { tenantId: "tenant", table: "connectors", recordId: "connector", field: "credentials" };
const credentials = { clientId: "client", privateKey: randomBytes(700).toString("base64") };
const sealed = await vault.seal(credentials, place);
const key = createSecretKey(randomBytes(32));
const [salt, iv, text] = [randomBytes(32), randomBytes(12), Buffer.from(JSON.stringify(credentials))];
const cipher = createCipheriv("aes-256-gcm", key, iv);
const data = Buffer.concat([cipher.update(text), cipher.final()]);
const tag = cipher.getAuthTag();

const contenders: Record<string, () => unknown> = {
  "open, key cached": () => vault.open(sealed, place),
  "HKDF alone": () => hkdfSync("sha256", key, salt, "info", 64),
  "decryption alone": () => {
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 }).setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  },
};

console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}\n`);
const samples = new Map<string, number[]>(Object.keys(contenders).map((name) => [name, []]));
await vault.open(sealed, place);
providerCalls = 0;
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, call] of Object.entries(contenders)) {
    const started = performance.now();
    for (let count = 0; count < calls; count += 1) await call();
    // The first round warms up.
    if (round > 0) samples.get(name)?.push(((performance.now() - started) * 1_000) / calls);
  }
}
for (const [name, list] of samples) {
  const [least = 0, , median = 0, , most = 0] = list.toSorted((a, b) => a - b);
  console.log(`${name.padEnd(18)} ${median.toFixed(1)} µs (${least.toFixed(1)} to ${most.toFixed(1)})`);
}
console.log(`calls of the key provider meanwhile: ${providerCalls}`);
