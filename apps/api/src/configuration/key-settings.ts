import { createTransport, type LocalKeyring } from "@isthmus/core";
import type { z } from "zod";
import type { keyVariables } from "./key-variables.js";

type KeyVariables = z.output<z.ZodObject<typeof keyVariables>>;
type KeyVariable = keyof KeyVariables;
type Kind = KeyVariables["ISTHMUS_KEY_PROVIDER"];

/** Where the key-encryption keys are. `undefined` = that kind of provider is not configured. */
export interface KeySettings {
  /** The kind that wraps new data keys; the others only open what they wrapped before. */
  readonly provider: Kind;
  readonly keyring: LocalKeyring | undefined;
  readonly awsKms: AwsKmsKeySettings | undefined;
  readonly transit: TransitKeySettings | undefined;
}

/** Keys of AWS KMS. Region and credentials are found by the SDK itself. */
export interface AwsKmsKeySettings {
  /** ARNs or aliases, the current one first. */
  readonly keyIds: readonly [string, ...string[]];
  /** `undefined` = the region's own. */
  readonly endpoint: string | undefined;
}

/** Keys of the transit engine of HashiCorp Vault or OpenBao. */
export interface TransitKeySettings {
  /** Scheme, host and port. */
  readonly address: string;
  /** Names, the current one first. */
  readonly keys: readonly [string, ...string[]];
  readonly mount: string | undefined;
  readonly namespace: string | undefined;
  /** The token itself, or the file that holds the current one. */
  readonly token: { readonly value: string } | { readonly file: string };
}

/** What a kind cannot do without, and what else belongs to it. */
const kinds: Readonly<
  Record<Kind, { readonly needs: readonly KeyVariable[]; readonly takes: readonly KeyVariable[] }>
> = {
  local: { needs: ["ISTHMUS_KEYS"], takes: [] },
  "aws-kms": { needs: ["ISTHMUS_AWS_KMS_KEYS"], takes: ["ISTHMUS_AWS_KMS_ENDPOINT"] },
  transit: {
    needs: ["ISTHMUS_TRANSIT_ADDRESS", "ISTHMUS_TRANSIT_KEYS"],
    takes: [
      "ISTHMUS_TRANSIT_MOUNT",
      "ISTHMUS_TRANSIT_NAMESPACE",
      "ISTHMUS_TRANSIT_TOKEN",
      "ISTHMUS_TRANSIT_TOKEN_FILE",
    ],
  },
};

/** What is missing or contradictory among the variables that are set, whether or not their values are good. */
export function* checkKeyVariables(
  given: Readonly<Record<string, string | undefined>>,
): Iterable<[variable: KeyVariable, problem: string]> {
  const isSet = (name: KeyVariable) => given[name] !== undefined;
  const provider = given.ISTHMUS_KEY_PROVIDER ?? "local";
  for (const [kind, { needs, takes }] of Object.entries(kinds)) {
    if (provider !== kind && ![...needs, ...takes].some(isSet)) continue;
    const why =
      provider === kind
        ? "is missing. Without a key no credential can be sealed."
        : "is missing, and other variables of this key provider are set.";
    for (const name of needs) if (!isSet(name)) yield [name, why];
    if (kind !== "transit") continue;
    if (isSet("ISTHMUS_TRANSIT_TOKEN") && isSet("ISTHMUS_TRANSIT_TOKEN_FILE")) {
      yield ["ISTHMUS_TRANSIT_TOKEN_FILE", "is set beside ISTHMUS_TRANSIT_TOKEN, and only one of them can hold."];
    } else if (!isSet("ISTHMUS_TRANSIT_TOKEN") && !isSet("ISTHMUS_TRANSIT_TOKEN_FILE")) {
      yield ["ISTHMUS_TRANSIT_TOKEN_FILE", "is missing, and so is ISTHMUS_TRANSIT_TOKEN."];
    }
  }
}

/** Addresses of key providers that are private or plain http without a word that allows it. */
export function* checkKeyAddresses(
  { awsKms, transit }: KeySettings,
  allowedPrivateHosts: readonly string[],
): Iterable<[variable: KeyVariable, problem: string]> {
  const addresses = [
    ["ISTHMUS_AWS_KMS_ENDPOINT", awsKms?.endpoint],
    ["ISTHMUS_TRANSIT_ADDRESS", transit?.address],
  ] as const;
  for (const [variable, address] of addresses) {
    if (address === undefined) continue;
    try {
      createTransport({ allowedHosts: [new URL(address).hostname], allowedPrivateHosts }).assertAllowed(address);
    } catch {
      yield [variable, "is private or plain http, and ISTHMUS_ALLOWED_PRIVATE_HOSTS does not name its host and port."];
    }
  }
}

/** The settings behind variables that {@link checkKeyVariables} has nothing against. */
export function toKeySettings(variables: KeyVariables): KeySettings {
  return {
    provider: variables.ISTHMUS_KEY_PROVIDER,
    keyring: variables.ISTHMUS_KEYS,
    awsKms: variables.ISTHMUS_AWS_KMS_KEYS && {
      keyIds: variables.ISTHMUS_AWS_KMS_KEYS,
      endpoint: variables.ISTHMUS_AWS_KMS_ENDPOINT,
    },
    transit: toTransit(variables),
  };
}

function toTransit(variables: KeyVariables): TransitKeySettings | undefined {
  const { ISTHMUS_TRANSIT_ADDRESS: address, ISTHMUS_TRANSIT_KEYS: keys } = variables;
  if (address === undefined || keys === undefined) return undefined;
  const { ISTHMUS_TRANSIT_TOKEN: value, ISTHMUS_TRANSIT_TOKEN_FILE: file = "" } = variables;
  return {
    address: new URL(address).origin,
    keys,
    mount: variables.ISTHMUS_TRANSIT_MOUNT,
    namespace: variables.ISTHMUS_TRANSIT_NAMESPACE,
    token: value === undefined ? { file } : { value },
  };
}
