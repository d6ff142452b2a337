import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { Caller } from "./caller.js";

let sandbox: SalesforceSandbox;
let caller: Caller;

interface Page {
  totalSize: number;
  done: boolean;
  nextRecordsUrl?: string;
  records: { Id: string; LastName: string; IsDeleted?: boolean }[];
}

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false, childRecordsPerPage: 2 });
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

describe("a subquery with more records than fit", () => {
  it("has pages of its own, followed like those of a query", async () => {
    const id = await caller.create("Account", { Name: "Parent" });
    const records = ["A", "B", "C", "D", "E"].map((LastName) => ({
      attributes: { type: "Contact" },
      LastName,
      AccountId: id,
    }));
    await caller.post("/composite/sobjects", { records });
    const soql = "SELECT Name, (SELECT Id, LastName FROM Contacts ORDER BY LastName) FROM Account";
    const answer = await caller.get(`/query?q=${encodeURIComponent(soql)}`);
    const { records: parents } = answer.json as { records: { Contacts: Page }[] };
    let page = parents[0]?.Contacts;
    expect(page).toMatchObject({ totalSize: 5, done: false });
    expect(page?.nextRecordsUrl).toMatch(/^\/services\/data\/v60\.0\/query\/01g\w{15}-2$/);
    const names = page?.records.map(({ LastName }) => LastName) ?? [];
    for (let next = page?.nextRecordsUrl; next !== undefined; next = page?.nextRecordsUrl) {
      page = (await caller.get(next.replace("/services/data/v60.0", ""))).json as Page;
      names.push(...page.records.map(({ LastName }) => LastName));
    }
    expect(page).toMatchObject({ totalSize: 5, done: true });
    expect(names).toEqual(["A", "B", "C", "D", "E"]);
  });
});

describe("queryAll", () => {
  it("gives deleted records too, and query does not", async () => {
    const id = await caller.create("Lead", { LastName: "Gone", Company: "C" });
    await caller.delete(`/sobjects/Lead/${id}`);
    const soql = encodeURIComponent("SELECT Id, IsDeleted FROM Lead");
    expect((await caller.get(`/query?q=${soql}`)).json).toMatchObject({ totalSize: 0 });
    expect((await caller.get(`/queryAll?q=${soql}`)).json).toMatchObject({ records: [{ Id: id, IsDeleted: true }] });
  });
});
