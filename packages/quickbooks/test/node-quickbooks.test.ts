import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { faultOf, useStubs } from "./stub-intuit.js";

const start = useStubs();

describe("node-quickbooks through the connector", () => {
  it("reads with the connector's token and company, and gives exact amounts", async () => {
    const stub = await start({ body: '{"Bill":{"Id":"1","TotalAmt":100.10}}' });
    const library = await stub.connector.nodeQuickbooks();
    expect(await library.getBill?.("1")).toEqual({ Id: "1", TotalAmt: "100.10" });
    const [{ path, headers, query }] = stub.requests as [(typeof stub.requests)[number]];
    expect(path).toBe("/v3/company/4620816365/bill/1");
    expect(headers.authorization).toBe("Bearer token-1");
    expect(query.get("minorversion")).toBe("75");
  });

  it("reaches what has no method of ours", async () => {
    const stub = await start({ body: { ExchangeRate: { Rate: 1.1 } } });
    const library = await stub.connector.nodeQuickbooks();
    await library.getExchangeRate?.({ sourcecurrencycode: "EUR" });
    expect(stub.requests[0]?.path).toBe("/v3/company/4620816365/exchangerate");
    expect(stub.requests[0]?.query.get("sourcecurrencycode")).toBe("EUR");
  });

  it("reports its failures as ours, a fault inside a 200 too", async () => {
    const stub = await start({ body: faultOf("610", "Object Not Found") });
    const library = await stub.connector.nodeQuickbooks();
    await expect(library.getBill?.("9")).rejects.toMatchObject({ code: "NOT_FOUND", vendor: { requestId: "1-abc" } });
  });

  it.each(["findInvoices", "createInvoice", "batch", "refreshAccessToken", "getInvoicePdf", "upload"])(
    "does not offer %s, which has a method of ours",
    async (method) => {
      const stub = await start({ body: {} });
      const library = await stub.connector.nodeQuickbooks();
      await expect(library[method]?.({})).rejects.toMatchObject({ code: "UNSUPPORTED" });
      expect(stub.requests).toHaveLength(0);
    },
  );

  it("leaves alone what a program sends by the same axios", async () => {
    const stub = await start({ body: { Bill: { Id: "1" } } });
    await (await stub.connector.nodeQuickbooks()).getBill?.("1");
    const ours = createRequire(import.meta.url);
    const axios = createRequire(ours.resolve("node-quickbooks"))("axios");
    const { data } = await axios.get(`${stub.url}/elsewhere`);
    expect(data).toEqual({ Bill: { Id: "1" } });
    expect(stub.requests.at(-1)?.path).toBe("/elsewhere");
    expect(stub.requests.at(-1)?.headers.authorization).toBeUndefined();
  });
});
