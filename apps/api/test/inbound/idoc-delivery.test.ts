import { startSapSandbox } from "@isthmus/sandbox";
import { sap } from "@isthmus/sap";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SyncWorker } from "../../src/workers/sync-worker.js";
import { describeLongWork } from "../support/databases.js";
import { startTestService, type TestService, type TestTenantClient } from "../support/service.js";
import { addEndpoint } from "./deliveries.js";

interface ToldIdoc {
  readonly type: string;
  readonly handledAt: string | null;
}

/** An IDoc of the system's without segments. */
function controlOnly(control: Readonly<Record<"DOCNUM" | "IDOCTYP" | "MESTYP", string>>): string {
  const sender = { SNDPOR: "SAPS4H", SNDPRT: "LS", SNDPRN: "S4HCLNT100" };
  const fields = Object.entries({ TABNAM: "EDI_DC40", MANDT: "100", DIRECT: "1", ...control, ...sender });
  const record = fields.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
  const { IDOCTYP: type } = control;
  return `<?xml version="1.0"?><${type}><IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">${record}</EDI_DC40></IDOC></${type}>`;
}

const portPassword = "PORT:a password of the destination";

describeLongWork("an IDoc from a system", (get) => {
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
        idoc: { entities: { "DEBMAS/DEBMAS07": "partners/A_Customer" } },
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

  const runs = async () => (await tenant.api.get(`/v1/sync-runs?connectorId=${connectorId}`)).body.data;
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

  it("has the entity read, once, that the configuration gives for its type, and no other type has", async () => {
    const { url } = await addEndpoint(tenant, { type: "sap", secret: portPassword });
    const authorization = `Basic ${Buffer.from(portPassword).toString("base64")}`;
    system.configure({ idocPortUrl: url, idocPortAuthorization: authorization });
    const schedule = { entity: "partners/A_Customer", cron: "0 3 * * *" };
    expect(await tenant.api.post(`/v1/connectors/${connectorId}/schedules`, schedule)).toMatchObject({ status: 201 });
    const headers = { authorization, "content-type": "text/xml" };
    const other = controlOnly({ DOCNUM: "0000000000777002", IDOCTYP: "DEBMAS06", MESTYP: "DEBMAS" });
    expect((await fetch(url, { method: "POST", headers, body: other })).status).toBe(200);
    expect((await events())[0]).toMatchObject({ entity: "DEBMAS", type: "DEBMAS06" });
    expect(await runs()).toEqual([]);

    const [customer] = system.state.customers.list();
    const fields = { KUNNR: customer?.Customer ?? "" };
    const send = () => system.sendIdoc({ type: "DEBMAS07", data: [{ name: "E1KNA1M", fields, children: [] }] });
    const sent = [await send(), await send()];
    await system.resendIdoc(sent[0]?.docnum ?? "");
    expect(await runs()).toMatchObject([{ trigger: "event", entity: "partners/A_Customer", status: "queued" }]);
    await get().queryPastGuards("update sync_runs set next_attempt_at = now() - interval '1 second'");
    const worker = new SyncWorker(service.services);
    expect(await worker.beginDue()).toBe(1);
    await worker.settle();
    expect(await runs()).toMatchObject([{ mode: "incremental", status: "succeeded" }]);
    const records = await tenant.api.get(`/v1/connectors/${connectorId}/records?entity=partners/A_Customer&limit=1000`);
    expect(records.body.data).toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ Customer: fields.KUNNR.replace(/^0+/, "") }) }),
    );
    const handled = (await events()).slice(0, 3);
    expect(handled.map(({ type, handledAt }: ToldIdoc) => [type, handledAt !== null])).toEqual([
      ["DEBMAS07", true],
      ["DEBMAS07", true],
      ["DEBMAS06", false],
    ]);
  });

  it("is stored where the connector's configuration does not fit any more, and asks for nothing", async () => {
    const { url } = await addEndpoint(tenant, { type: "sap", secret: portPassword });
    const authorization = `Basic ${Buffer.from(portPassword).toString("base64")}`;
    const setConfiguration = (change: string) =>
      get().queryPastGuards(`update connectors set configuration = ${change} where id = $1::uuid`, connectorId);
    const before = (await runs()).length;
    await setConfiguration('configuration || \'{"language": "english"}\'');
    const body = controlOnly({ DOCNUM: "0000000000777003", IDOCTYP: "DEBMAS07", MESTYP: "DEBMAS" });
    const response = await fetch(url, { method: "POST", headers: { authorization, "content-type": "text/xml" }, body });
    await setConfiguration("configuration - 'language'");
    expect(response.status).toBe(200);
    expect((await events())[0]).toMatchObject({ recordId: "0000000000777003", handledAt: null });
    expect(await runs()).toHaveLength(before);
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
    const text = `<E1MARAM SEGMENT="1"><MATNR>M-1</MATNR></E1MARAM>`.repeat(60_000);
    const control = { DOCNUM: "0000000000777001", IDOCTYP: "MATMAS05", MESTYP: "MATMAS" };
    const body = controlOnly(control).replace("</EDI_DC40>", `</EDI_DC40>${text}`);
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
