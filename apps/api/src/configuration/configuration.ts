import type { QuotaShares } from "../budgets/priorities.js";
import type { RateLimitSettings } from "../limits/index.js";
import { checkKeyAddresses, checkKeyVariables, type KeySettings, toKeySettings } from "./key-settings.js";
import { ConfigurationError, type ConfigurationProblem } from "./problems.js";
import { examples, type VariableName, variablesSchema } from "./variables.js";

/** How the service runs, proven. See `docs` and `variables.ts` for the environment variables behind it. */
export interface Configuration {
  /** `NODE_ENV=production`: stricter rules, no quickstart keys, https. */
  readonly production: boolean;
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Origin under which browsers reach the service, no slash at the end; `undefined` = its own address. */
  readonly publicUrl: string | undefined;
  /** `undefined` = embedded. */
  readonly databaseUrl: string | undefined;
  /** Folder of the embedded database. */
  readonly dataDirectory: string;
  readonly keys: KeySettings;
  /** Ids of key-encryption keys that are lost for good: data keys that they wrap do not keep the service from starting. */
  readonly lostKeys: readonly string[];
  /** Days that deliveries and their events are kept. */
  readonly inboundRetentionDays: number;
  /** Days that records are kept which the vendor has deleted. */
  readonly recordRetentionDays: number;
  /** Days that events are kept after they were told. */
  readonly eventRetentionDays: number;
  /** Days within which a deleted connector can be restored. */
  readonly deletedRetentionDays: number;
  /** Days after which a change request that nobody decided about expires. */
  readonly changeRequestDays: number;
  /** Largest body of a bulk operation, in bytes. */
  readonly bulkContentLimitBytes: number;
  /** Parts of a day's quota at a vendor that each kind of work may use up. */
  readonly quotaShares: QuotaShares;
  readonly role: "all" | "api" | "worker";
  /** Names of connector packages; `undefined` = those in the service's own package.json. */
  readonly connectors: readonly string[] | undefined;
  /** Names of sink packages. */
  readonly sinks: readonly string[];
  /** Exact host:port addresses that may be private and plain http. */
  readonly allowedPrivateHosts: readonly string[];
  /** Folder of the files that connectors may name, one folder for each tenant in it; `undefined` = there are none. */
  readonly certificateDirectory: string | undefined;
  /** Opens the tenants' routes; `undefined` = they answer 403. */
  readonly platformKey: string | undefined;
  /** Origins that a browser may be sent back to after an authorisation. */
  readonly returnToOrigins: readonly string[];
  /** Origins whose pages may call the API. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly rateLimits: RateLimitSettings;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
}

/**
 * Reads the environment, once, when the service starts.
 *
 * @throws {ConfigurationError} with every problem that there is, not only the first. No message repeats a value.
 */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  // An empty variable is what shells and container files leave of one that was meant to be unset.
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== "" && value !== undefined),
  );
  const result = variablesSchema.safeParse(given, { reportInput: false });
  const keyProblems = [...checkKeyVariables(given)].map(([variable, words]) => problem(variable, words));
  if (!result.success) {
    const issues = result.error.issues.map((issue) => problem(String(issue.path[0]) as VariableName, issue.message));
    throw new ConfigurationError([...issues, ...keyProblems]);
  }
  const variables = result.data;
  const configuration: Configuration = {
    production: variables.NODE_ENV === "production",
    port: variables.PORT,
    host: variables.HOST,
    publicUrl: variables.PUBLIC_URL === undefined ? undefined : new URL(variables.PUBLIC_URL).origin,
    databaseUrl: variables.DATABASE_URL,
    dataDirectory: variables.ISTHMUS_DATA,
    keys: toKeySettings(variables),
    lostKeys: variables.ISTHMUS_LOST_KEYS,
    inboundRetentionDays: variables.ISTHMUS_INBOUND_RETENTION_DAYS,
    recordRetentionDays: variables.ISTHMUS_RECORD_RETENTION_DAYS,
    eventRetentionDays: variables.ISTHMUS_EVENT_RETENTION_DAYS,
    deletedRetentionDays: variables.ISTHMUS_DELETED_RETENTION_DAYS,
    changeRequestDays: variables.ISTHMUS_CHANGE_REQUEST_DAYS,
    bulkContentLimitBytes: variables.ISTHMUS_BULK_LIMIT_MIB * 1024 * 1024,
    quotaShares: variables.ISTHMUS_QUOTA_SHARES,
    role: variables.ISTHMUS_ROLE,
    connectors: variables.ISTHMUS_CONNECTORS,
    sinks: variables.ISTHMUS_SINKS,
    allowedPrivateHosts: variables.ISTHMUS_ALLOWED_PRIVATE_HOSTS,
    certificateDirectory: variables.ISTHMUS_CERTIFICATE_DIR,
    platformKey: variables.ISTHMUS_PLATFORM_KEY,
    returnToOrigins: variables.ISTHMUS_RETURN_TO,
    corsOrigins: variables.ISTHMUS_CORS_ORIGINS,
    trustedProxies: variables.ISTHMUS_TRUSTED_PROXIES,
    rateLimits: {
      perKey: variables.ISTHMUS_RATE_PER_KEY,
      perTenant: variables.ISTHMUS_RATE_PER_TENANT,
      refusedPerAddress: variables.ISTHMUS_RATE_REFUSED,
    },
    logLevel: variables.LOG_LEVEL,
  };
  const problems = [
    ...keyProblems,
    ...checkTogether(configuration),
    ...(configuration.production ? checkProduction(configuration, variables.ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION) : []),
  ];
  if (problems.length > 0) throw new ConfigurationError(problems);
  return configuration;
}

function* checkTogether(configuration: Configuration): Iterable<ConfigurationProblem> {
  const { role, databaseUrl, keys, allowedPrivateHosts } = configuration;
  if (role !== "all" && databaseUrl === undefined) {
    yield problem("DATABASE_URL", `is missing, and ISTHMUS_ROLE=${role} shares its database with other processes.`);
  }
  for (const [variable, words] of checkKeyAddresses(keys, allowedPrivateHosts)) yield problem(variable, words);
}

function* checkProduction(
  { keys, publicUrl, allowedPrivateHosts }: Configuration,
  whyPrivate: string | undefined,
): Iterable<ConfigurationProblem> {
  const generated = keys.keyring?.keyIds.find((id) => id.startsWith("quickstart"));
  if (generated !== undefined) {
    yield problem(
      "ISTHMUS_KEYS",
      `holds "${generated}", a key that was generated for trying out, and this is production.`,
    );
  }
  if (publicUrl === undefined) {
    yield problem("PUBLIC_URL", "is missing, and in production browsers have to be sent to a known address.");
  } else if (!publicUrl.startsWith("https://")) {
    yield problem("PUBLIC_URL", "is http, and this is production: cookies and codes would travel in the open.");
  }
  if (allowedPrivateHosts.length > 0 && whyPrivate === undefined) {
    yield problem(
      "ISTHMUS_ALLOW_PRIVATE_IN_PRODUCTION",
      "is missing, and ISTHMUS_ALLOWED_PRIVATE_HOSTS opens private addresses in production. Say why.",
    );
  }
}

function problem(variable: VariableName, words: string): ConfigurationProblem {
  return { variable, problem: words, example: examples[variable] ?? variable };
}
