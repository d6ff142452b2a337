import { createHash, randomBytes } from "node:crypto";
import { type Database, newId } from "../../src/database/index.js";
import type { ConnectorRow, IdentityProviderSettings, NewConnector, Role } from "../../src/repositories/index.js";

/** A tenant with one user and that user's API key, as {@link createTestTenant} made it. */
export interface TestTenant {
  readonly tenantId: string;
  readonly userId: string;
  readonly apiKeyId: string;
  /** The key in plain, as a client would send it. */
  readonly apiKey: string;
  /** Its hash, as the database has it. */
  readonly apiKeyHash: string;
}

/** SHA-256 in hexadecimal, as keys, tokens and states are stored. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Makes a tenant with one user, an administrator by default, and an API key. */
export async function createTestTenant(database: Database, roles: readonly Role[] = ["admin"]): Promise<TestTenant> {
  const tenantId = newId();
  const userId = newId();
  const apiKeyId = newId();
  const apiKey = `isth_${randomBytes(4).toString("hex")}_${randomBytes(32).toString("base64url")}`;
  const apiKeyHash = sha256(apiKey);
  await database.asSystem((system) =>
    system.createTenant({
      id: tenantId,
      name: `Tenant ${tenantId}`,
      user: { id: userId, email: `${userId}@example.com`, name: "Test Person", roles },
      apiKey: { id: apiKeyId, name: "test", prefix: apiKey.slice(0, 12), hash: apiKeyHash },
    }),
  );
  return { tenantId, userId, apiKeyId, apiKey, apiKeyHash };
}

/** Settings of an identity provider that nobody asks for anything. */
export function identityProviderData(): IdentityProviderSettings {
  return {
    name: "Our organisation",
    jwksUri: "https://identity.example.com/jwks",
    audience: "isthmus",
    algorithms: ["RS256"],
    accessTokenType: "at+jwt",
    requiredScope: null,
    rolesClaim: ["roles"],
    roleMapping: [{ value: "viewers", roles: ["viewer"] }],
    emailClaim: ["email"],
    nameClaim: ["name"],
    createsUsers: true,
    maxAgeSeconds: 3600,
    toleranceSeconds: 0,
    isEnabled: true,
  };
}

/** What {@link connectorData} builds: everything of a new connector but its creator. */
export type ConnectorData = Omit<NewConnector, "createdBy">;

/**
 * Data of a connector (TASK-003), each with its own code. States chain: `connectorData().salesforce().inactive()`; the
 * last word wins, and every builder can be used again.
 */
export interface ConnectorDataBuilder {
  /** A Salesforce sandbox by authorization code. */
  salesforce(): ConnectorDataBuilder;
  /** An SAP system by client certificate. */
  sap(): ConnectorDataBuilder;
  /** A QuickBooks sandbox company by authorization code. */
  quickbooks(): ConnectorDataBuilder;
  /** Operations and syncs may run. */
  active(): ConnectorDataBuilder;
  /** Operations and syncs may not run. */
  inactive(): ConnectorDataBuilder;
  /** Any other field. */
  with(data: Partial<ConnectorData>): ConnectorDataBuilder;
  /** The data, for a repository or a request. */
  build(): ConnectorData;
  /** Stores the connector for the tenant. */
  create(database: Database, tenant: TestTenant): Promise<ConnectorRow>;
}

const salesforce = {
  connectorName: "Salesforce sandbox",
  connectorType: "salesforce",
  externalSystemUrl: "https://example--test.sandbox.my.salesforce.com",
  authenticationMethod: "oauth2_authorization_code",
  configuration: { apiVersion: "v60.0" },
} as const;

const sap = {
  connectorName: "SAP test system",
  connectorType: "sap",
  externalSystemUrl: "https://sap.example.com:44300",
  authenticationMethod: "client_certificate",
  configuration: { client: "100", odataPath: "/sap/opu/odata" },
} as const;

const quickbooks = {
  connectorName: "QuickBooks sandbox company",
  connectorType: "quickbooks",
  externalSystemUrl: "https://sandbox-quickbooks.api.intuit.com",
  authenticationMethod: "oauth2_authorization_code",
  configuration: { minorVersion: 75 },
} as const;

/** Starts a builder: an active Salesforce sandbox connector unless told otherwise. */
export function connectorData(data: Partial<ConnectorData> = {}): ConnectorDataBuilder {
  const next = (changes: Partial<ConnectorData>) => connectorData({ ...data, ...changes });
  const build = (): ConnectorData => ({
    ...salesforce,
    connectorCode: `connector-${randomBytes(4).toString("hex")}`,
    environment: "sandbox",
    connectorVersion: "1.0.0",
    isActive: true,
    ...data,
  });
  return {
    salesforce: () => next(salesforce),
    sap: () => next(sap),
    quickbooks: () => next(quickbooks),
    active: () => next({ isActive: true }),
    inactive: () => next({ isActive: false }),
    with: next,
    build,
    create: (database, { tenantId, userId }) =>
      database.asTenant(tenantId, (work) => work.connectors.create({ ...build(), createdBy: userId })),
  };
}
