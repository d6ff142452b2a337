import type { KMSClient, KMSClientConfig } from "@aws-sdk/client-kms";
import { ConnectorError } from "@isthmus/core";
import { z } from "zod";

/** Which keys of AWS KMS, and how to reach them. */
export interface AwsKmsKeysOptions {
  /**
   * The key that wraps new data keys: its ARN, or `alias/<name>`, or an alias' ARN. A symmetric one that may encrypt and
   * decrypt. Where an alias may be pointed to another key, name the key that it left in `previousKeyIds`.
   */
  readonly keyId: string;
  /** Keys of the same region that only open what they wrapped before. */
  readonly previousKeyIds?: readonly string[];
  /** A client of the program's own, with its own timeouts and repeats, which stays open. The options below do not concern it. */
  readonly client?: KMSClient;
  /** Default: that of an ARN, else what the SDK finds (`AWS_REGION`, the profile). */
  readonly region?: string;
  /** Such as a VPC endpoint. Default: the region's public one. */
  readonly endpoint?: string;
  /** Default: the SDK's chain (environment, profile, web identity, container, instance). */
  readonly credentials?: KMSClientConfig["credentials"];
  /** Exact `host:port` addresses that may be private and plain http, a VPC endpoint's among them. Default none. */
  readonly allowedPrivateHosts?: readonly string[];
  /** Milliseconds that one try may take in all, connecting included. Default 5 000. */
  readonly timeoutMs?: number;
  /** How often a call is sent at most, the first time included. Default 3. */
  readonly maxAttempts?: number;
}

// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
const keyIdPattern = /^(?:arn:aws[\w-]*:kms:(?<region>[a-z\d-]+):\d{12}:(?:key|alias)|alias)\/[\w/-]{1,256}$/;

const keyIdSchema = z.string().regex(keyIdPattern, "is neither the ARN of a key nor alias/<name>");

const schema = z.object({
  keyId: keyIdSchema,
  previousKeyIds: z.array(keyIdSchema).default([]),
  region: z.string().min(1).optional(),
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  allowedPrivateHosts: z.array(z.string()).default([]),
  timeoutMs: z.int().positive().default(5_000),
  maxAttempts: z.int().positive().default(3),
});

/** {@link AwsKmsKeysOptions} proven. */
export interface AwsKmsSettings extends z.output<typeof schema> {
  readonly client: KMSClient | undefined;
  readonly credentials: KMSClientConfig["credentials"];
}

/**
 * Proves the options.
 * @throws {ConnectorError} `KEY_INVALID` that names the option.
 */
export function parseAwsKmsOptions(options: AwsKmsKeysOptions): AwsKmsSettings {
  const result = schema.safeParse(options, { reportInput: false });
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ConnectorError("KEY_INVALID", `AWS KMS: ${issue?.path.join(".")} ${issue?.message}.`);
  }
  const { keyId, previousKeyIds } = result.data;
  const regions = new Set([keyId, ...previousKeyIds].map(regionOf).filter((region) => region !== undefined));
  // One client speaks to one region, and another one would answer that the key does not exist.
  if (regions.size > 1) throw new ConnectorError("KEY_INVALID", "AWS KMS: previousKeyIds has keys of another region.");
  const [region] = regions;
  return {
    ...result.data,
    region: result.data.region ?? region,
    client: options.client,
    credentials: options.credentials,
  };
}

function regionOf(keyId: string): string | undefined {
  return keyIdPattern.exec(keyId)?.groups?.region;
}
