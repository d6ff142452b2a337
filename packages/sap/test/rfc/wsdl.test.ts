import { createRequire } from "node:module";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerOf } from "./envelopes.js";
import { modulesAt, type SeenRequest, type StubAnswer, startStub } from "./harness.js";
import { soamanagerWsdl } from "./soamanager-wsdl.js";
import { char, functions, structure, typed, wsdlOf } from "./wsdl.js";

const name = "Z_GET";
const schema = (inside: string) =>
  `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:s0="${functions}" targetNamespace="${functions}">${inside}</xsd:schema>`;
const withHead = (head: string, input = char("A", 3)) => wsdlOf({ name, head, input, output: typed("B", "xsd:int") });
const imports = (location: string) => `<import namespace="urn:other" location="${location}"/>`;
const plain = withHead("");

async function serve(answer: (request: SeenRequest) => StubAnswer, also: readonly string[] = []) {
  const stub = await startStub((request) =>
    request.method === "POST" ? { body: answerOf(name, "<B>1</B>") } : answer(request),
  );
  return { ...stub, modules: modulesAt(stub.origin, { imports: also }) };
}

async function refuse(wsdl: string) {
  const { modules, requests } = await serve(() => ({ body: wsdl }));
  const started = performance.now();
  const error = await modules.describe(name).catch((reason: unknown) => reason);
  return { error, requests, tookMs: performance.now() - started };
}

describe("the WSDL of a module", () => {
  it("is fetched again after an hour: a transport may have changed it", async () => {
    let nowMs = 0;
    const stub = await startStub(({ path }) => ({ body: path.startsWith("/sap/bc/soap/wsdl") ? plain : "" }));
    const modules = modulesAt(stub.origin, { now: () => nowMs });
    await modules.describe(name);
    nowMs = 3_599_999;
    await modules.describe(name);
    expect(stub.requests).toHaveLength(1);
    nowMs = 3_600_000;
    await modules.describe(name);
    expect(stub.requests).toHaveLength(2);
  });

  it("is fetched once from the system, however many calls wait for it", async () => {
    const { modules, requests } = await serve(() => ({ body: plain }));
    await Promise.all([modules.call(name), modules.call(name), modules.describe(name)]);
    await modules.call(name);
    expect(requests.filter(({ method }) => method === "GET").map(({ path }) => path)).toEqual([
      `/sap/bc/soap/wsdl?services=${name}`,
    ]);
  });

  it("is fetched again after a failure", async () => {
    let isAway = true;
    const { modules } = await serve(() => (isAway ? { status: 404 } : { body: plain }));
    await expect(modules.call(name)).rejects.toMatchObject({ code: "NOT_FOUND" });
    isAway = false;
    expect((await modules.call(name)).values).toEqual({ B: 1 });
  });

  it("is not fetched where it was supplied", async () => {
    const stub = await startStub(() => ({ body: answerOf(name, "<B>1</B>") }));
    const modules = modulesAt(stub.origin, { wsdls: { [name]: plain } });
    await modules.call(name);
    expect(stub.requests.map(({ method }) => method)).toEqual(["POST"]);
  });

  it("is read on for the others when one of those who wait gives up", async () => {
    const { modules } = await serve(() => ({ body: plain }));
    const controller = new AbortController();
    const first = modules.call(name, {}, { signal: controller.signal });
    const second = modules.call(name);
    controller.abort();
    await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await second).values).toEqual({ B: 1 });
  });

  it("does not decide where calls go", async () => {
    const { modules, requests } = await serve(() => ({ body: plain }));
    await modules.call(name);
    expect(plain).toContain('location="http://elsewhere.invalid:8000/sap/bc/soap/rfc"');
    expect(requests.at(-1)).toMatchObject({ method: "POST", path: "/sap/bc/soap/rfc" });
  });

  it("may import from the system itself, by a relative address", async () => {
    const type =
      '<xsd:simpleType name="T"><xsd:restriction base="xsd:string"><xsd:maxLength value="2"/></xsd:restriction></xsd:simpleType>';
    const wsdl = wsdlOf({
      name,
      types: '<xsd:include schemaLocation="types.xsd"/>',
      input: typed("A", "s0:T"),
      output: typed("B", "xsd:int"),
    });
    const { modules, requests } = await serve(({ path }) => ({ body: path.endsWith(".xsd") ? schema(type) : wsdl }));
    const { input } = await modules.describe(name);
    expect(input).toMatchObject([{ name: "A", type: { kind: "text", maxLength: 2 } }]);
    expect(requests.map(({ path }) => path)).toEqual([`/sap/bc/soap/wsdl?services=${name}`, "/sap/bc/soap/types.xsd"]);
  });

  it("may import from another allowed host, and gives it no credentials", async () => {
    const other = await startStub(() => ({ body: schema("") }));
    const { modules } = await serve(() => ({ body: withHead(imports(`${other.origin}/a.xsd`)) }), [other.origin]);
    await modules.describe(name);
    expect(other.requests).toMatchObject([{ method: "GET", path: "/a.xsd" }]);
    expect(other.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("may import in a circle", async () => {
    const { modules, requests } = await serve(({ path }) => ({
      body: path.startsWith("/a.xsd") ? schema('<xsd:include schemaLocation="/a.xsd"/>') : withHead(imports("/a.xsd")),
    }));
    await modules.describe(name);
    expect(requests).toHaveLength(2);
  });

  it.each([
    "http://127.0.0.1:1/a.xsd",
    "http://169.254.169.254/latest/meta-data",
    "https://internal.example/a.xsd",
    "//internal.example/a.xsd",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "  file:///etc/passwd",
    "fi&#9;le:///etc/passwd",
    "C:\\windows\\win.ini",
    "data:text/xml,x",
    "https:///etc/passwd",
    "http://user:secret@internal.example/",
  ])("is refused when it imports %s", async (location) => {
    for (const head of [imports(location), `<types>${schema(`<xsd:import schemaLocation="${location}"/>`)}</types>`]) {
      const { error, requests } = await refuse(withHead(head));
      expect(error).toMatchObject({ code: "FORBIDDEN_TARGET" });
      expect(requests).toHaveLength(1);
    }
  });

  it.each([
    [
      "an entity bomb",
      `<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${plain.slice(39)}`,
      "UNEXPECTED_RESPONSE",
    ],
    [
      "an external entity",
      `<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>${plain.slice(39)}`,
      "UNEXPECTED_RESPONSE",
    ],
    ["deep nesting", withHead("<documentation>".repeat(5_000)), "RESPONSE_TOO_LARGE"],
    ["a huge attribute", withHead(`<documentation a="${"x".repeat(1_000_000)}"/>`), "RESPONSE_TOO_LARGE"],
    ["a hundred thousand elements", withHead("<documentation/>".repeat(100_001)), "RESPONSE_TOO_LARGE"],
    ["an operation without input", plain.replace(/<input>.*?<\/input>/, ""), "UNEXPECTED_RESPONSE"],
    ["a message without parts", plain.replaceAll(/<part [^>]*>/g, ""), "UNEXPECTED_RESPONSE"],
    ["an RPC binding", plain.replace('style="document"', 'style="rpc"'), "UNEXPECTED_RESPONSE"],
    ["without a binding", plain.replace(/<binding name.*?<\/binding>/s, ""), "UNEXPECTED_RESPONSE"],
    ["one of a type that is nowhere", wsdlOf({ name, input: typed("A", "s0:T"), output: "" }), "UNEXPECTED_RESPONSE"],
    [
      "one of a type of a type that is nowhere",
      wsdlOf({
        name,
        types: '<xsd:simpleType name="T"><xsd:restriction base="s0:U"/></xsd:simpleType>',
        input: typed("A", "s0:T"),
        output: "",
      }),
      "UNEXPECTED_RESPONSE",
    ],
    ["strange in its names", wsdlOf({ name, input: typed("A", "a:b:c"), output: "" }), "UNEXPECTED_RESPONSE"],
    ["made for prototypes", wsdlOf({ name, input: "", output: char("__proto__", 3) }), "UNEXPECTED_RESPONSE"],
    ["a logon page", "<html><body>Log on</body></html>", "UNEXPECTED_RESPONSE"],
    ["another module", wsdlOf({ name: "Z_OTHER", input: "", output: "" }), "UNEXPECTED_RESPONSE"],
    [
      "an import in its documentation",
      withHead(`<documentation>${imports("/x")}</documentation>`),
      "UNEXPECTED_RESPONSE",
    ],
    [
      "groups that double thirty times",
      wsdlOf({
        name,
        types: Array.from(
          { length: 30 },
          (_, at) =>
            `<xsd:group name="g${at}"><xsd:sequence><xsd:group ref="s0:g${at + 1}"/><xsd:group ref="s0:g${at + 1}"/></xsd:sequence></xsd:group>`,
        ).join(""),
        input: '<xsd:group ref="s0:g0"/>',
        output: "",
      }),
      "UNEXPECTED_RESPONSE",
    ],
    [
      "a structure within itself",
      wsdlOf({
        name,
        types: `<xsd:complexType name="T"><xsd:sequence>${typed("T", "s0:T")}</xsd:sequence></xsd:complexType>`,
        input: typed("A", "s0:T"),
        output: "",
      }),
      "UNEXPECTED_RESPONSE",
    ],
    [
      "structures that double thirty times",
      wsdlOf({
        name,
        types: Array.from(
          { length: 30 },
          (_, at) =>
            `<xsd:complexType name="t${at}"><xsd:sequence>${typed("A", `s0:t${at + 1}`)}${typed("B", `s0:t${at + 1}`)}</xsd:sequence></xsd:complexType>`,
        )
          .concat(structure("t30", char("A", 1)))
          .join(""),
        input: typed("A", "s0:t0"),
        output: "",
      }),
      "RESPONSE_TOO_LARGE",
    ],
  ])("is refused at once when it is %s", async (_what, wsdl, code) => {
    const { error, tookMs } = await refuse(wsdl);
    expect(error).toMatchObject({ code });
    expect(tookMs).toBeLessThan(15_000);
  });

  it.each([
    ["wide", 2],
    ["deep", 1],
  ])("is refused when its imports go on and on, %s", async (_how, each) => {
    let count = 0;
    const { modules, requests } = await serve(({ path }) => {
      const more = Array.from({ length: each }, (_, at) => `/s${count + at}.xsd`);
      count += each;
      const isSchema = path.endsWith(".xsd");
      return {
        body: isSchema
          ? schema(more.map((at) => `<xsd:include schemaLocation="${at}"/>`).join(""))
          : withHead(more.map(imports).join("")),
      };
    });
    await expect(modules.describe(name)).rejects.toMatchObject({ code: "RESPONSE_TOO_LARGE" });
    expect(requests.length).toBeLessThanOrEqual(32);
  });

  it("is one of SOAMANAGER's too: two bindings, named types, a response without a point", async () => {
    const stub = await startStub(() => ({
      body: answerOf("Z_ORDER_CREATE", "").replaceAll(".Response", "Response"),
    }));
    const rfcPath = "/sap/bc/srt/rfc/sap/z_orders/100/z_orders/z_orders";
    const modules = modulesAt(stub.origin, { rfcPath, wsdls: { Z_ORDER_CREATE: soamanagerWsdl } });
    const { values } = await modules.call("Z_ORDER_CREATE", {
      CUST_PO_DATE: "2026-11-26",
      IT_ITEM: [{ ITEM: "10", QTY: "1.5" }],
    });
    expect(values).toEqual({ PRICES: [] });
    const { input, output } = await modules.describe("Z_ORDER_CREATE");
    expect(input).toMatchObject([
      { name: "CUST_PO_DATE", type: { kind: "date" } },
      {
        name: "IT_ITEM",
        type: {
          row: {
            fields: [{ type: { kind: "digits", length: 6 } }, { type: { kind: "decimal", digits: 15, scale: 3 } }],
          },
        },
      },
    ]);
    expect(output).toMatchObject([
      { type: { row: { fields: [{ type: { digits: 11, scale: 2 } }] } } },
      { name: "SALES_NO" },
    ]);
    expect(stub.requests[0]?.path).toBe(rfcPath);
    expect(stub.requests[0]?.headers.soapaction).toBe(`"${functions}:Z_ORDERS:Z_ORDER_CREATERequest"`);
    const direct = await startStub(() => ({ body: answerOf("Z_ORDER_CREATE", "<SALES_NO>0000000017</SALES_NO>") }));
    const there = modulesAt(direct.origin, { wsdls: { Z_ORDER_CREATE: soamanagerWsdl } });
    expect((await there.call("Z_ORDER_CREATE")).values).toMatchObject({ SALES_NO: "0000000017" });
  });
});

describe("strong-soap under two connectors", () => {
  afterEach(() => vi.restoreAllMocks());

  it("has no WSDL of one for the other, and its own HTTP client is never asked", async () => {
    const library = createRequire(import.meta.url)("strong-soap");
    const own = vi
      .spyOn(library.http.prototype, "request")
      .mockImplementation(() => expect.unreachable("its own client"));
    const first = await serve(() => ({ body: plain }));
    const second = await serve(() => ({ body: withHead("", char("A", 7)) }));
    await first.modules.call(name);
    expect(await second.modules.describe(name)).toMatchObject({ input: [{ type: { maxLength: 7 } }] });
    expect(await first.modules.describe(name)).toMatchObject({ input: [{ type: { maxLength: 3 } }] });
    expect(own).not.toHaveBeenCalled();
  });
});
