import { type SapSandbox, startSapSandbox } from "@isthmus/sandbox";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Authority, createAuthority } from "../../core/test/support/certificates.js";
import {
  createSapConnector,
  type IdocSegmentDraft,
  type RfcParameters,
  type SapConfigurationInput,
  type SapConnector,
} from "../src/index.js";

let authority: Authority;
let sandbox: SapSandbox;
const open: SapConnector[] = [];

beforeAll(async () => {
  authority = await createAuthority();
  const { key, cert } = await authority.issueServer(["127.0.0.1"]);
  const certificates = [{ subject: "CN=ISTHMUS", user: "ISTHMUS" }];
  sandbox = await startSapSandbox({ tls: { key, cert, ca: authority.ca, certificates } });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((connector) => connector.close()));
  sandbox.reset();
});
afterAll(() => sandbox.close());

const bapi = "BAPI_SALESORDER_CREATEFROMDAT2";

/** By a certificate that CERTRULE knows. */
async function connect(rfc: SapConfigurationInput["rfc"] = {}, more: Partial<SapConfigurationInput> = {}) {
  const { cert: certificate, key: privateKey } = await authority.issueClient("ISTHMUS");
  const connector = createSapConnector({
    authenticationMethod: "client_certificate",
    credentials: { certificate, privateKey },
    configuration: {
      url: sandbox.url,
      client: "100",
      trustedAuthorities: [authority.ca],
      odata: {
        partners: { path: "/sap/opu/odata/sap/API_BUSINESS_PARTNER" },
        orders: { path: "/sap/opu/odata/sap/API_SALES_ORDER_SRV" },
      },
      rfc: { functionModules: [bapi, "BAPI_SALESORDER_GETLIST", "RFC_READ_TABLE", "RFC_PING"], ...rfc },
      idoc: { partners: { SNDPOR: "ISTHMUS", SNDPRN: "ISTHMUS", RCVPOR: "SAPS4H", RCVPRN: "S4HCLNT100" } },
      ...more,
    },
    allowedPrivateHosts: [new URL(sandbox.url).host],
  });
  open.push(connector);
  return connector;
}

const newOrder = (purchaseOrder: string): RfcParameters => ({
  ORDER_HEADER_IN: { DOC_TYPE: "TA", SALES_ORG: "1010", DISTR_CHAN: "10", DIVISION: "00", PURCH_NO_C: purchaseOrder },
  ORDER_PARTNERS: [{ PARTN_ROLE: "AG", PARTN_NUMB: "0017100001" }],
  ORDER_ITEMS_IN: [{ ITM_NUMBER: "000010", MATERIAL: "TG12", TARGET_QTY: "3" }],
  ORDER_SCHEDULES_IN: [{ ITM_NUMBER: "000010", REQ_QTY: "3" }],
});

/** Orders of the system itself, whatever the connector says. */
const ordersOf = (purchaseOrder: string) =>
  sandbox.state.salesOrders.list().filter((order) => order.PurchaseOrderByCustomer === purchaseOrder);

describe("a system that a certificate opens", () => {
  it("TASK-010 is tested by the metadata of each OData service", async () => {
    const sap = await connect();
    expect(await sap.testConnection()).toMatchObject({
      ok: true,
      account: { id: "S4H/100" },
      checks: ["identity", "certificate", "service:partners", "service:orders", "rfc"].map((name) => ({ name })),
    });
    const asked = sandbox.requests().map(({ path }) => path);
    const metadata = ["API_BUSINESS_PARTNER", "API_SALES_ORDER_SRV"].map(
      (name) => `/sap/opu/odata/sap/${name}/$metadata`,
    );
    expect(asked.filter((path) => path.endsWith("$metadata"))).toEqual(metadata);
  });

  it.each<[string, SapConfigurationInput["rfc"], "session" | "wrapper"]>([
    ["in a session of its own", { statefulSessions: "proven" }, "session"],
    ["by the system's wrapper", { wrappers: { [bapi]: { name: "Z_ISTHMUS_SALESORDER_CREATE" } } }, "wrapper"],
    ["by a wrapper for all", { genericWrapper: { name: "Z_ISTHMUS_CALL_AND_COMMIT" } }, "wrapper"],
  ])("TASK-010 has a BAPI's work committed %s, and without a commit not", async (_how, rfc, commit) => {
    const sap = await connect(rfc);
    const { values } = await sap.rfc.call(bapi, newOrder("kept"), { commit });
    await sap.rfc.call(bapi, newOrder("lost"));
    expect(ordersOf("kept").map(({ SalesOrder }) => SalesOrder)).toEqual([values.SALESDOCUMENT]);
    expect(ordersOf("lost")).toEqual([]);
    const { record } = await (await sap.odata("orders")).read("A_SalesOrder", String(Number(values.SALESDOCUMENT)));
    expect(record).toMatchObject({ PurchaseOrderByCustomer: "kept", TotalNetAmount: "146.70" });
  });

  it("TASK-010 stores an IDoc, and tells that it was posted or why not", async () => {
    const sap = await connect();
    const send = (customer: string, idempotencyKey: string) => {
      const partner = { name: "E1EDKA1", fields: { PARVW: "AG", PARTN: customer } };
      const item = { name: "E1EDP19", fields: { QUALF: "002", IDTNR: "TG12" } };
      const segments: IdocSegmentDraft[] = [
        { name: "E1EDK01", fields: { CURCY: "EUR", BELNR: idempotencyKey } },
        { name: "E1EDK14", fields: { QUALF: "008", ORGID: "1010" } },
        partner,
        { name: "E1EDP01", fields: { POSEX: "000010", MENGE: "1.000", MENEE: "PC" }, segments: [item] },
      ];
      const idoc = { control: { IDOCTYP: "ORDERS05", MESTYP: "ORDERS" }, segments };
      return sap.idocs.send([idoc], { idempotencyKey, form: "soap" });
    };
    expect(await send("17100001", "good")).toMatchObject({
      state: "stored",
      idocs: [{ docnum: expect.stringMatching(/^\d{16}$/) }],
    });
    await send("99999999", "bad");
    expect(ordersOf("good")).toHaveLength(1);
    expect(await sap.idocs.status({ arckey: "good" })).toMatchObject([{ current: { status: "53", outcome: "done" } }]);
    expect(await sap.idocs.status({ arckey: "bad" })).toMatchObject([
      { current: { status: "51", outcome: "failed", message: { severity: "error", code: "VP/112" } } },
    ]);
  });

  it("TASK-010 lets any other service of it be asked, by REST", async () => {
    const sap = await connect();
    const path = "/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder/$count?$format=json";
    const answer = await sap.http.request({ method: "GET", path, name: "count" });
    expect([answer.status, answer.text()]).toEqual([200, "60"]);
  });

  it.each([
    ["RFC_ERROR_SYSTEM_FAILURE", { kind: "system_failure" }, "VENDOR_REJECTED", false],
    ["RFC_ERROR_COMMUNICATION", { kind: "communication_failure" }, "VENDOR_UNAVAILABLE", true],
    ["RFC_ERROR_LOGON_FAILURE", { kind: "logon_failure" }, "AUTHENTICATION_FAILED", false],
    ["an exception of the module", { kind: "exception", name: "NOT_FOUND" }, "VENDOR_REJECTED", false],
  ] as const)("TASK-010 tells %s apart", async (_what, fault, code, retryable) => {
    const sap = await connect();
    sandbox.rfcFaults.add({ ...fault, times: 10 });
    const call = sap.rfc.call("RFC_PING", {}, { idempotent: true });
    await expect(call).rejects.toMatchObject({ code, retryable });
  });

  it("TASK-011 shares sessions: each serves one caller, and no more at once than are allowed", async () => {
    const sap = await connect({ statefulSessions: "proven" }, { limits: { sessions: 2 } });
    const names = Array.from({ length: 8 }, (_, at) => `at-once-${at}`);
    await Promise.all(names.map((name) => sap.rfc.call(bapi, newOrder(name), { commit: "session" })));
    expect(names.map((name) => ordersOf(name).length)).toEqual(names.map(() => 1));
    expect(sap.pools).toContainEqual({ name: "sessions", open: 0, busy: 0, waiting: 0 });
  });
});
