import { startSapSandbox } from "@isthmus/sandbox";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useServerDatabase } from "../support/server-database.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint } from "./deliveries.js";

const portPassword = "PORT:a password of the destination";

describe("an IDoc from a system", () => {
  const get = useServerDatabase();
  let system: Awaited<ReturnType<typeof startSapSandbox>>;
  let service: TestService;
  let tenant: TestTenantClient;
  let connectorId: string;

  beforeAll(async () => {
    system = await startSapSandbox();
    service = await startTestService(get().database, {
      connectors: [sap],
      settings: { allowedPrivateHosts: [new URL(system.url).host] },
    });
    tenant = await service.createTenant();
    const { name, password } = system.user;
    const created = await tenant.api.post("/v1/connectors", {
      code: "erp",
      name: "S/4HANA",
      type: "sap",
      environment: "sandbox",
      externalSystemUrl: system.url,
      authenticationMethod: "basic",
      credentials: { username: name, password },
      configuration: {
        client: system.system.client,
        odata: { partners: { path: "/sap/opu/odata/sap/API_BUSINESS_PARTNER" } },
      },
    });
    connectorId = created.body.id;
    // Which names the account, so that deliveries find the connector.
    expect((await tenant.api.post(`/v1/connectors/${connectorId}/test`)).body).toMatchObject({ ok: true });
  });
  afterAll(async () => {
    await service?.close();
    await system?.close();
  });

  const events = async () => (await tenant.api.get(`/v1/connectors/${connectorId}/inbound-events`)).body.data;

  it("is stored once, with the connector to its system and client, and the system hears what it wants to", async () => {
    const { url } = await addEndpoint(tenant, { type: "sap", secret: portPassword });
    system.configure({
      idocPortUrl: url,
      idocPortAuthorization: `Basic ${Buffer.from(portPassword).toString("base64")}`,
    });
    const [customer] = system.state.customers.list();
    const sent = await system.sendIdoc({
      type: "DEBMAS07",
      data: [{ name: "E1KNA1M", fields: { KUNNR: customer?.Customer ?? "" }, children: [] }],
    });
    // The same number again: HTTP has no transaction id, so systems send twice what they doubt.
    await system.resendIdoc(sent.docnum);
    expect(
      system
        .idocs()
        .at(-1)
        ?.statuses.map(({ status }) => status),
    ).toEqual(["01", "30", "03", "03"]);
    expect(await events()).toEqual([
      expect.objectContaining({ accountId: "S4H/100", entity: "DEBMAS", recordId: sent.docnum, type: "DEBMAS07" }),
    ]);
  });

  it("is refused without the password, and the system knows that it was not taken", async () => {
    const { url } = await addEndpoint(tenant, { type: "sap", secret: portPassword });
    system.configure({ idocPortUrl: url, idocPortAuthorization: "Basic bm9ib2R5Om5vdGhpbmc=" });
    const before = (await events()).length;
    const sent = await system.sendIdoc({
      type: "DEBMAS07",
      data: [{ name: "E1KNA1M", fields: { KUNNR: "0000000001" }, children: [] }],
    });
    expect(sent.statuses.at(-1)?.status).toBe("02");
    expect(await events()).toHaveLength(before);
  });

  it("may be one of many megabytes", async () => {
    const { url } = await addEndpoint(tenant, { type: "sap", secret: portPassword });
    const control = { TABNAM: "EDI_DC40", MANDT: "100", DOCNUM: "0000000000777001", DIRECT: "1", IDOCTYP: "MATMAS05" };
    const fields = { ...control, MESTYP: "MATMAS", SNDPOR: "SAPS4H", SNDPRT: "LS", SNDPRN: "S4HCLNT100" };
    const record = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
    const text = `<E1MARAM SEGMENT="1"><MATNR>M-1</MATNR></E1MARAM>`.repeat(60_000);
    const body = `<?xml version="1.0"?><MATMAS05><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">${record.join("")}</EDI_DC40>${text}</IDOC></MATMAS05>`;
    expect(body.length).toBeGreaterThan(2 * 1024 * 1024);
    const headers = {
      authorization: `Basic ${Buffer.from(portPassword).toString("base64")}`,
      "content-type": "text/xml",
    };
    const response = await fetch(url, { method: "POST", headers, body });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("IDoc-XML-inbound ok")]);
    expect((await events()).map(({ recordId }: { recordId: string }) => recordId)).toContain("0000000000777001");
  });
});
