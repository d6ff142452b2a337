import { randomBytes } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { files } from "./files-connector.js";
import { type FilesVendor, startFilesVendor } from "./files-vendor.js";

/** A service with a connector to a vendor that keeps files. */
export interface FilesService {
  readonly vendor: FilesVendor;
  readonly service: TestService;
  readonly tenant: TestTenantClient;
  readonly connectorId: string;
  /** Address of an operation. */
  address(operation: string, query?: string): string;
  /** Runs an operation with a JSON input, as a stream. */
  open(operation: string, input: object, options?: RequestInit): Promise<Response>;
  /** Runs an operation with bytes. */
  upload(operation: string, query: string, options: UploadOptions): Promise<Response>;
}

/** What an upload says and holds. */
export interface UploadOptions extends RequestInit {
  readonly type?: string;
  readonly disposition?: string;
}

/** The largest content that the test service takes, in bytes. */
export const contentLimitBytes = 64 * 1024 * 1024;

/** Starts it before the tests of the present `describe` and ends it after them. */
export function useFilesService(): () => FilesService {
  const get = useServerDatabase();
  let opened: FilesService | undefined;
  beforeAll(async () => {
    const vendor = await startFilesVendor();
    const service = await startTestService(get().database, {
      connectors: [files],
      settings: { allowedPrivateHosts: [vendor.host], contentLimitBytes },
    });
    const tenant = await service.createTenant();
    const created = await tenant.api.post("/v1/connectors", filesConnector(vendor));
    const connectorId = String(created.body.id);
    const address = (operation: string, query = "") =>
      `${service.url}/v1/connectors/${connectorId}/operations/${operation}${query}`;
    const authorization = `Bearer ${tenant.apiKey}`;
    opened = {
      vendor,
      service,
      tenant,
      connectorId,
      address,
      open: (operation, input, options) =>
        fetch(address(operation), {
          method: "POST",
          headers: { authorization, "content-type": "application/json" },
          body: JSON.stringify(input),
          ...options,
        }),
      upload: (operation, query, { type, disposition, ...rest }) =>
        fetch(address(operation, query), {
          method: "POST",
          headers: {
            authorization,
            ...(type !== undefined && { "content-type": type }),
            ...(disposition !== undefined && { "content-disposition": disposition }),
          },
          ...rest,
        }),
    };
  });
  afterAll(async () => {
    await opened?.service.close();
    await opened?.vendor.close();
  });
  return () => {
    if (opened === undefined) throw new Error("The service is started before the tests run.");
    return opened;
  };
}

/** The body that adds a connector to the vendor. */
export function filesConnector(vendor: FilesVendor): object {
  return {
    code: `files-${randomBytes(3).toString("hex")}`,
    name: "Our files",
    type: "files",
    environment: "sandbox",
    externalSystemUrl: vendor.url,
    authenticationMethod: "api_key",
    credentials: { key: "k" },
  };
}

/** The JSON of an answer. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads fields of an answer that it then proves
export function bodyOf(answer: Response): Promise<any> {
  return answer.json();
}
