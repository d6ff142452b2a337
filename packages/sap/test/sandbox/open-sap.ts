import { type SapSandbox, type SapSandboxOptions, startSapSandbox } from "@isthmus/sandbox";
import { createSapConnector, type SapConnector } from "../../src/index.js";
import type { SapConfigurationInput } from "../../src/options/configuration.js";

/** The services of the sandbox, by the names that these tests use. */
export const services = {
  partners: { path: "/sap/opu/odata/sap/API_BUSINESS_PARTNER" },
  orders: { path: "/sap/opu/odata/sap/API_SALES_ORDER_SRV" },
  "orders-v4": { path: "/sap/opu/odata4/sap/api_salesorder/srvd_a2x/sap/salesorder/0001" },
} as const;

/** A system, and connectors to it. */
export class OpenSap {
  readonly sandbox: SapSandbox;

  constructor(sandbox: SapSandbox) {
    this.sandbox = sandbox;
  }

  /** @param logon - Default: the sandbox's first user. */
  connect(
    configuration: Partial<SapConfigurationInput> = {},
    logon: { readonly username?: string; readonly password?: string } = {},
  ): SapConnector {
    const { url, user } = this.sandbox;
    return createSapConnector({
      authenticationMethod: "basic",
      credentials: { username: user.name, password: user.password, ...logon },
      configuration: { url, client: "100", odata: services, retry: { maxAttempts: 3, baseMs: 0 }, ...configuration },
      allowedPrivateHosts: [new URL(url).host],
    });
  }
}

/** A sandbox for one test file. */
export async function openSap(options: SapSandboxOptions = {}): Promise<OpenSap> {
  return new OpenSap(await startSapSandbox(options));
}

/** A value that a test cannot go on without. */
export function must<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error("Something that the test needs is missing.");
  return value;
}
