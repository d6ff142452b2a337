import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../../../packages/core/test/support/certificates.js";
import { type LoopbackServer, startServer } from "../../../../packages/core/test/support/loopback-server.js";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";

const metadataDocument = `<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:DataServiceVersion="2.0"><Schema Namespace="SRV" xmlns="http://schemas.microsoft.com/ado/2008/09/edm"><EntityType Name="Partner"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/></EntityType><EntityContainer Name="SRV_Entities" m:IsDefaultEntityContainer="true"><EntitySet Name="Partners" EntityType="SRV.Partner"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`;

describe("a certificate in the operator's folder", () => {
  const get = useServerDatabase();
  let authority: Authority;
  let system: LoopbackServer;
  let folder: string;
  let service: TestService;
  let tenants: readonly [TestTenantClient, TestTenantClient];
  let shown: string[];

  beforeAll(async () => {
    authority = await createAuthority();
    const identity = await authority.issueServer(["127.0.0.1"]);
    system = await startServer({ ...identity, ca: authority.ca, requestCert: true, rejectUnauthorized: true });
    system.otherwise((response) => {
      shown.push(String((response.socket as TLSSocket).getPeerCertificate().subject.CN));
      response.setHeader("connection", "close");
      response.writeHead(200, { "content-type": "application/xml" }).end(metadataDocument);
    });
    folder = await mkdtemp(join(tmpdir(), "isthmus-certificates-"));
    service = await startTestService(get().database, {
      connectors: [sap],
      settings: { allowedPrivateHosts: [system.host], certificateDirectory: folder },
    });
    tenants = [await service.createTenant(), await service.createTenant()];
    await Promise.all(tenants.map((tenant, at) => put(tenant, `TENANT-${at}`)));
  });
  beforeEach(() => {
    shown = [];
  });
  afterAll(async () => {
    await service?.close();
    await system?.close();
    await rm(folder, { recursive: true });
  });

  async function put({ tenantId }: TestTenantClient, name: string, file = "client") {
    const { cert, key } = await authority.issueClient(name);
    await mkdir(join(folder, tenantId), { recursive: true });
    await writeFile(join(folder, tenantId, `${file}.pem`), cert);
    await writeFile(join(folder, tenantId, `${file}.key`), key);
  }

  const create = ({ api }: TestTenantClient, file: string, code: string) =>
    api.post("/v1/connectors", {
      code,
      name: "S/4HANA",
      type: "sap",
      environment: "sandbox",
      externalSystemUrl: system.origin,
      authenticationMethod: "client_certificate",
      credentials: { certificateFile: `${file}.pem`, privateKeyFile: `${file}.key` },
      configuration: { trustedAuthorities: [authority.ca], odata: { partners: { path: "/sap/opu/odata/sap/SRV" } } },
    });

  it("is found by its name in the tenant's own folder, and taken anew when it is replaced", async () => {
    const [first] = tenants;
    for (const [at, tenant] of tenants.entries()) {
      const { body } = await create(tenant, "client", "erp");
      const test = await tenant.api.post(`/v1/connectors/${body.id}/test`);
      expect(test.body).toMatchObject({ ok: true });
      expect(new Set(shown.splice(0))).toEqual(new Set([`TENANT-${at}`]));
    }
    await put(first, "TENANT-0-RENEWED");
    const { body } = await first.api.get("/v1/connectors");
    await first.api.post(`/v1/connectors/${body.data[0].id}/test`);
    expect(new Set(shown)).toEqual(new Set(["TENANT-0-RENEWED"]));
  });

  it("is out of reach of another tenant, by name and by path", async () => {
    const [first, second] = tenants;
    await put(first, "ONLY-THE-FIRST", "secret");
    const { body } = await create(second, "secret", "thief");
    const test = await second.api.post(`/v1/connectors/${body.id}/test`);
    expect(test.body).toMatchObject({ ok: false, checks: [{ code: "VALIDATION_FAILED" }] });
    expect(JSON.stringify(test.body)).not.toContain(folder);
    const climbing = await create(second, `../${first.tenantId}/secret`, "climber");
    expect(climbing).toMatchObject({ status: 400, body: { code: "VALIDATION_FAILED" } });
    expect(shown).toEqual([]);
  });
});
