import { readFile } from "node:fs/promises";
import { combineKeyProviders, type KeyProvider, TransitKeys } from "@isthmus/core";
import type { AwsKmsKeySettings, Configuration, TransitKeySettings } from "../configuration/index.js";

/**
 * Makes the key provider that the configuration names: its kind wraps, every other one that is configured opens what it
 * wrapped before. Asks none of them anything: one that is away must not keep the service from starting.
 */
export async function openKeyProvider(
  configuration: Pick<Configuration, "keys" | "allowedPrivateHosts">,
): Promise<KeyProvider> {
  const { keys, allowedPrivateHosts } = configuration;
  const providers = [
    keys.keyring,
    keys.transit && openTransit(keys.transit, allowedPrivateHosts),
    keys.awsKms && (await openAwsKms(keys.awsKms, allowedPrivateHosts)),
  ].filter((provider) => provider !== undefined);
  const current = providers.find(({ provider }) => provider === keys.provider);
  if (current === undefined) throw new Error(`The key provider ${keys.provider} is not configured.`);
  return combineKeyProviders(current, ...providers.filter((provider) => provider !== current));
}

function openTransit(settings: TransitKeySettings, allowedPrivateHosts: readonly string[]): KeyProvider {
  const { address, mount, namespace, token } = settings;
  const [key, ...previousKeys] = settings.keys;
  return new TransitKeys({
    address,
    key,
    previousKeys,
    allowedPrivateHosts,
    token: "value" in token ? token.value : () => readToken(token.file),
    ...(mount !== undefined && { mount }),
    ...(namespace !== undefined && { namespace }),
  });
}

async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, "utf8")).trim();
  // An agent may be writing it just now: away for a moment, not wrong for good.
  if (token === "") throw new Error("The file of the transit engine's token is empty.");
  return token;
}

async function openAwsKms(settings: AwsKmsKeySettings, allowedPrivateHosts: readonly string[]): Promise<KeyProvider> {
  const [keyId, ...previousKeyIds] = settings.keyIds;
  const { AwsKmsKeys } = await import("@isthmus/aws-kms");
  const { endpoint } = settings;
  return new AwsKmsKeys({ keyId, previousKeyIds, allowedPrivateHosts, ...(endpoint !== undefined && { endpoint }) });
}
