import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SapConnector } from "../../src/index.js";
import type { SapConfigurationInput } from "../../src/options/configuration.js";
import { must, type OpenSap, openSap } from "./open-sap.js";

let sap: OpenSap;

beforeAll(async () => {
  sap = await openSap();
});
afterAll(() => sap.sandbox.close());
beforeEach(() => sap.sandbox.reset());

const create = "BAPI_SALESORDER_CREATEFROMDAT2";
const functionModules = ["RFC_PING", "RFC_READ_TABLE", "BAPI_SALESORDER_*", "BAPI_CUSTOMER_GETDETAIL2"];
type Rfc = NonNullable<SapConfigurationInput["rfc"]>;

function connect(rfc: Rfc = {}): SapConnector {
  return sap.connect({ rfc: { functionModules, ...rfc } });
}

const order = (reference: string, soldTo = "0017100001") => ({
  ORDER_HEADER_IN: {
    ...{ DOC_TYPE: "TA", SALES_ORG: "1010", DISTR_CHAN: "10", DIVISION: "00", PURCH_NO_C: reference },
  },
  ORDER_PARTNERS: [{ PARTN_ROLE: "AG", PARTN_NUMB: soldTo }],
  ORDER_ITEMS_IN: [{ ITM_NUMBER: "000010", MATERIAL: "TG11", TARGET_QTY: "2" }],
});

/** What OData shows of the order that a BAPI gave the number of; `undefined` where there is none. */
async function findInOData(connector: SapConnector, number: unknown) {
  const orders = await connector.odata("orders");
  const query = { filter: { field: "SalesOrder", eq: String(number).replace(/^0+/, "") } };
  const [found] = await Array.fromAsync(orders.query("A_SalesOrder", query));
  return found?.record;
}

const listOf = (soldTo: string) => ({ CUSTOMER_NUMBER: soldTo, SALES_ORGANIZATION: "1010" });

describe("function modules", () => {
  it("answer, and tables are read by columns", async () => {
    const connector = connect();
    await connector.rfc.call("RFC_PING");
    const rows = await connector.rfc.readTable("KNA1", { fields: ["KUNNR", "NAME1"], top: 2 });
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({ KUNNR: expect.stringMatching(/^\d{10}$/), NAME1: expect.stringMatching(/\S$/) });
    const where = ["NAME1 EQ 'O''Brien'"];
    expect(await connector.rfc.readTable("KNA1", { fields: ["KUNNR"], where })).toEqual([]);
    await expect(connector.rfc.readTable("USR02", { fields: ["BNAME"] })).rejects.toMatchObject({
      code: expect.stringMatching(/PERMISSION_DENIED|VENDOR_REJECTED/),
    });
  });

  it("that are not allowed are not called", async () => {
    await expect(connect().rfc.call("STFC_CONNECTION")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(sap.sandbox.requests()).toEqual([]);
  });

  it("that the system does not have are not found", async () => {
    const connector = connect({ functionModules: ["Z_NOT_THERE"] });
    await expect(connector.rfc.call("Z_NOT_THERE")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a BAPI that creates an order", () => {
  it("is committed in its session where the system has proved that it keeps sessions; OData shows the order", async () => {
    const unproven = connect();
    await expect(unproven.rfc.call(create, order("PO-1"), { commit: "session" })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    await expect(unproven.rfc.call(create, order("PO-1"), { commit: "auto" })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    const soldTo = "0017100001";
    const before = await unproven.rfc.call("BAPI_SALESORDER_GETLIST", listOf(soldTo), { idempotent: true });
    const known = must(before.values.SALES_ORDERS as readonly unknown[]).length;
    expect(known).toBeGreaterThan(0);
    const proof = await unproven.rfc.proveStatefulSessions({
      write: { name: create, parameters: order("PROOF", "0017100010") },
      read: {
        name: "BAPI_SALESORDER_GETLIST",
        parameters: { ...listOf("0017100010"), PURCHASE_ORDER: "PROOF" },
        evidence: "SALES_ORDERS",
      },
    });
    expect(proof.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(proof.proven).toBe(true);
    const connector = connect({ statefulSessions: "proven" });
    const { values, messages } = await connector.rfc.call(create, order("PO-1"), { commit: "session" });
    expect(messages).toContainEqual(expect.objectContaining({ severity: "success", code: "V1/311" }));
    expect(await findInOData(connector, values.SALESDOCUMENT)).toMatchObject({ PurchaseOrderByCustomer: "PO-1" });
    expect(connector.pools).toContainEqual({ name: "sessions", open: 0, busy: 0, waiting: 0 });
  });

  it("costs two requests, the second of which ends the session", async () => {
    const connector = connect({ statefulSessions: "proven" });
    await connector.rfc.call(create, order("PO-0"), { commit: "session" });
    sap.sandbox.clearRequests();
    await connector.rfc.call(create, order("PO-1"), { commit: "session" });
    expect(sap.sandbox.requests().map(({ method }) => method)).toEqual(["POST", "POST"]);
  });

  it("is committed in a session of its own by each of many callers, no more at once than there may be", async () => {
    const connector = connect({ statefulSessions: "proven" });
    const calls = Array.from({ length: 12 }, (_, at) =>
      connector.rfc.call(create, order(`MANY-${at}`, at % 3 === 0 ? "0000004711" : undefined), { commit: "session" }),
    );
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
    const references = sap.sandbox.state.salesOrders.list().map((each) => each.PurchaseOrderByCustomer);
    expect(references.filter((each) => each.startsWith("MANY-")).toSorted()).toEqual(
      [1, 2, 4, 5, 7, 8, 10, 11].map((at) => `MANY-${at}`).toSorted(),
    );
    expect(connector.pools).toContainEqual({ name: "sessions", open: 0, busy: 0, waiting: 0 });
  });

  it("leaves nothing when nobody commits, or when it fails", async () => {
    const connector = connect({ statefulSessions: "proven" });
    const { values } = await connector.rfc.call(create, order("PO-1"));
    expect(values.SALESDOCUMENT).toMatch(/^\d{10}$/);
    expect(await findInOData(connector, values.SALESDOCUMENT)).toBeUndefined();
    const failed = connector.rfc.call(create, order("PO-1", "0000004711"), { commit: "session" });
    await expect(failed).rejects.toMatchObject({ code: "VENDOR_REJECTED", vendor: { messages: expect.any(Array) } });
    expect(sap.sandbox.state.salesOrders.size).toBe(60);
  });

  it("is committed by a wrapper of its own, and by one for all", async () => {
    const wrappers = { [create]: { name: "Z_ISTHMUS_SALESORDER_CREATE" } };
    const own = connect({ wrappers });
    const one = await own.rfc.call(create, order("PO-1"), { commit: "wrapper" });
    expect(await findInOData(own, one.values.SALESDOCUMENT)).toMatchObject({ PurchaseOrderByCustomer: "PO-1" });
    const generic = connect({ genericWrapper: { name: "Z_ISTHMUS_CALL_AND_COMMIT", fixed: { WAIT: "X" } } });
    const other = await generic.rfc.call(create, order("PO <&>"), { commit: "auto" });
    expect(await findInOData(generic, other.values.SALESDOCUMENT)).toMatchObject({ PurchaseOrderByCustomer: "PO <&>" });
    for (const connector of [own, generic]) {
      const failed = connector.rfc.call(create, order("PO-2", "0000004711"), { commit: "wrapper" });
      await expect(failed).rejects.toMatchObject({ code: "VENDOR_REJECTED" });
    }
    expect(sap.sandbox.state.salesOrders.size).toBe(62);
  });

  it("is not taken for committed by a system that keeps no sessions, whatever the configuration says", async () => {
    sap.sandbox.configure({ statefulSessions: false });
    const connector = connect({ statefulSessions: "proven" });
    await expect(connector.rfc.call(create, order("PO-1"), { commit: "session" })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
    expect(sap.sandbox.state.salesOrders.size).toBe(60);
    const proof = await connector.rfc.proveStatefulSessions({
      write: { name: create, parameters: order("PROOF", "0017100010") },
      read: {
        name: "BAPI_SALESORDER_GETLIST",
        parameters: { ...listOf("0017100010"), PURCHASE_ORDER: "PROOF" },
        evidence: "SALES_ORDERS",
      },
    });
    expect(proof.proven).toBe(false);
  });

  it("is told open when another session answers its commit", async () => {
    const connector = connect({ statefulSessions: "proven" });
    await connector.rfc.call(create, order("PO-0"), { commit: "session" });
    sap.sandbox.addFault({
      ...{ path: "/sap/bc/soap/rfc", method: "POST", skip: 1 },
      headers: { "set-cookie": "sap-contextid=SID%3aANON%3aother; path=/sap/bc" },
    });
    const elsewhere = connector.rfc.call(create, order("PO-1"), { commit: "session" });
    await expect(elsewhere).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.any(String) });
  });

  it("is told open when the answer to its commit is lost", async () => {
    const connector = connect({ statefulSessions: "proven" });
    await connector.rfc.call(create, order("PO-0"), { commit: "session" });
    sap.sandbox.addFault({ path: "/sap/bc/soap/rfc", method: "POST", skip: 1, cutAfter: true });
    const lost = connector.rfc.call(create, order("PO-1"), { commit: "session" });
    await expect(lost).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", reconcile: expect.any(String) });
    expect(sap.sandbox.state.salesOrders.size).toBe(62);
    expect(connector.pools).toContainEqual({ name: "sessions", open: 0, busy: 0, waiting: 0 });
  });
});

describe("failures of function modules", () => {
  it.each([
    ["dump", { code: "VENDOR_REJECTED", retryable: false }],
    ["system_failure", { code: "VENDOR_REJECTED", retryable: false }],
    ["communication_failure", { code: "VENDOR_UNAVAILABLE", retryable: true }],
    ["logon_failure", { code: "AUTHENTICATION_FAILED", retryable: false }],
    ["lock", { code: "CONFLICT", retryable: true }],
  ] as const)("are told apart: %s", async (kind, expected) => {
    const connector = connect();
    const ask = () => connector.rfc.call("BAPI_SALESORDER_GETLIST", listOf("0017100001"), { idempotent: true });
    await ask();
    sap.sandbox.clearRequests();
    sap.sandbox.rfcFaults.add({ kind });
    await expect(ask()).rejects.toMatchObject(expected);
    expect(sap.sandbox.requests()).toHaveLength(1);
  });

  it("send a password that a fault refuses no more, until a person tests the connection", async () => {
    const connector = connect();
    await connector.rfc.call("RFC_PING");
    sap.sandbox.rfcFaults.add({ kind: "logon_failure" });
    await expect(connector.rfc.call("RFC_PING")).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    sap.sandbox.clearRequests();
    await expect(connector.rfc.call("RFC_PING")).rejects.toMatchObject({ code: "AUTHENTICATION_FAILED" });
    expect(sap.sandbox.requests()).toEqual([]);
    expect((await connector.testConnection()).ok).toBe(true);
    await connector.rfc.call("RFC_PING");
  });

  it("name the exception that a module raised", async () => {
    const connector = connect();
    const missing = connector.rfc.readTable("ZNOTHING", { fields: ["X"] });
    await expect(missing).rejects.toMatchObject({ code: "VENDOR_REJECTED", vendor: { code: "TABLE_NOT_AVAILABLE" } });
  });

  it("say that the service is switched off", async () => {
    sap.sandbox.configure({ soapRfcActive: false });
    await expect(connect().rfc.call("RFC_PING")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});
