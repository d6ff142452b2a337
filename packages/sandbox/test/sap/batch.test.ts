import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openSandbox, part, roots, type SapCaller } from "./client.js";

let caller: SapCaller;

beforeAll(async () => {
  caller = await openSandbox();
});
beforeEach(async () => {
  caller.sandbox.reset();
  caller.token = undefined;
  await caller.fetchToken();
});
afterAll(() => caller.sandbox.close());

const http = (startLine: string, headers: Record<string, string> = {}, body = ""): string =>
  [
    "Content-Type: application/http",
    "Content-Transfer-Encoding: binary",
    "",
    `${startLine} HTTP/1.1`,
    ...Object.entries({ accept: "application/json", ...headers }).map(([name, value]) => `${name}: ${value}`),
    "",
    body,
  ].join("\r\n");

const post = (path: string, body: object, id: string): string =>
  http(`POST ${path}`, { "content-type": "application/json", "content-id": id }, JSON.stringify(body));

const changeSet = (parts: string[]): string =>
  ["Content-Type: multipart/mixed; boundary=set", "", ...parts.flatMap((one) => ["--set", one]), "--set--"].join(
    "\r\n",
  );

async function batch(
  root: string,
  parts: string[],
  lineEnd = "\r\n",
  more: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const body = [...parts.flatMap((one) => ["--all", one]), "--all--", ""].join("\r\n").replaceAll("\r\n", lineEnd);
  const response = await caller.ask(`${root}$batch`, {
    method: "POST",
    headers: { "content-type": "multipart/mixed; boundary=all", ...more },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const order = (soldTo: string) => ({ SoldToParty: soldTo, to_Item: [{ Material: "TG11", RequestedQuantity: "1" }] });

describe("$batch as multipart", () => {
  it("answers each part by itself, in order, and the whole with 202 in v2 and 200 in v4", async () => {
    const reads = [http("GET A_SalesOrder('1')?$select=SalesOrder"), http("GET A_SalesOrder('999')")];
    const { status, text } = await batch(roots.order, reads);
    expect(status).toBe(202);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404"]);
    expect((await batch(roots.orderV4, [http("GET SalesOrder('1')")])).status).toBe(200);
  });

  it("does all of a change set: one part may name what another has created", async () => {
    const parts = [
      post("A_SalesOrder", order("17100001"), "1"),
      post("$1/to_Item", { Material: "TG12", RequestedQuantity: "1" }, "2"),
    ];
    const { text } = await batch(roots.order, [changeSet(parts)]);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 201", "HTTP/1.1 201"]);
    expect(text).toContain("content-id: 2");
    expect(caller.sandbox.state.salesOrders.read("0000000061")?.items).toHaveLength(2);
  });

  it("does nothing of a change set with a failure, tells nobody of it, and answers with one error", async () => {
    const changes: string[] = [];
    const stop = caller.sandbox.state.salesOrders.onChange(({ kind }) => changes.push(kind));
    const parts = [post("A_SalesOrder", order("17100001"), "1"), post("A_SalesOrder", order("4711"), "2")];
    const { status, text } = await batch(roots.order, [changeSet(parts), http("GET A_SalesOrder/$count")]);
    stop();
    expect(status).toBe(202);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400", "HTTP/1.1 200"]);
    expect(text).toContain("V1/384");
    expect(text).toMatch(/\r\n\r\n60\r\n/);
    expect(changes).toEqual([]);
  });

  it("stops in v4 at the first part that fails, unless the caller wants the rest too", async () => {
    const reads = [http("GET SalesOrder('999')"), http("GET SalesOrder('1')")];
    const statuses = async (headers: Record<string, string>): Promise<unknown> =>
      (await batch(roots.orderV4, reads, "\r\n", headers)).text.match(/HTTP\/1\.1 \d+/g);
    expect(await statuses({})).toEqual(["HTTP/1.1 404"]);
    expect(await statuses({ prefer: "odata.continue-on-error" })).toEqual(["HTTP/1.1 404", "HTTP/1.1 200"]);
  });

  it("refuses lines that do not end with CRLF", async () => {
    expect((await batch(roots.order, [http("GET A_SalesOrder")], "\n")).status).toBe(400);
  });

  it("wants a token for the whole, also when it only reads", async () => {
    caller.token = undefined;
    expect((await batch(roots.order, [http("GET A_SalesOrder")])).status).toBe(403);
  });
});

describe("$batch as JSON", () => {
  const send = (requests: object[]) => caller.send("POST", `${roots.orderV4}$batch`, { requests });

  it("is refused, unless the release has it", async () => {
    expect((await send([{ id: "1", method: "GET", url: "SalesOrder" }])).status).toBe(415);
  });

  it("answers by id, and an atomicity group as one", async () => {
    caller.sandbox.configure({ jsonBatch: true });
    const headers = { "content-type": "application/json" };
    const create = (id: string, soldTo: string) => ({
      id,
      atomicityGroup: "g1",
      method: "post",
      url: "SalesOrder",
      headers,
      body: { SoldToParty: soldTo },
    });
    const response = await send([
      { id: "r1", method: "get", url: "SalesOrder('1')?$select=SalesOrder" },
      create("w1", "17100001"),
      create("w2", "4711"),
    ]);
    const responses = part(await response.json(), "responses");
    expect(responses).toMatchObject([
      { id: "r1", status: 200, body: { SalesOrder: "1" } },
      { id: "g1", status: 400, body: { error: { code: "V1/384" } } },
    ]);
    expect(caller.sandbox.state.salesOrders.size).toBe(60);
  });
});
