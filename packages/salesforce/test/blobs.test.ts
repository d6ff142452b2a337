import type { BinaryContent } from "@isthmus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSalesforceConnector, type SalesforceConnector } from "../src/index.js";
import { type SeenRequest, type StubAnswer, startStubInstance } from "./stub-instance.js";

const id = "068000000000001AAA";
const created = { status: 201, body: JSON.stringify({ id, success: true, errors: [] }) };

let respond: (request: SeenRequest) => StubAnswer;
let stub: Awaited<ReturnType<typeof startStubInstance>>;
let connector: SalesforceConnector;

beforeEach(async () => {
  respond = () => created;
  stub = await startStubInstance((request) => respond(request));
  const allowedPrivateHosts = [new URL(stub.url).host];
  connector = createSalesforceConnector({ clientId: "id", refreshToken: "r", loginUrl: stub.url, allowedPrivateHosts });
});

afterEach(async () => {
  await connector.close();
  await stub.close();
});

async function* pieces(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

const file = (size?: number): BinaryContent => ({
  mediaType: "text/plain; charset=utf-8",
  body: pieces("Grüße\r\n", "--isthmus"),
  ...(size !== undefined && { size }),
});
const fileLength = Buffer.byteLength("Grüße\r\n--isthmus");

/** The form of a request, read by the platform's own parser. */
async function formOf(request: SeenRequest | undefined) {
  const { body = "", headers = {} } = request ?? {};
  return new Response(body, { headers: { "content-type": String(headers["content-type"]) } }).formData();
}

describe("blobs.upload", () => {
  it("sends the file as a ContentVersion, in a form of two parts", async () => {
    const record = { FirstPublishLocationId: "001000000000001AAA", Title: "Ünï" };
    expect(await connector.blobs.upload(file(), { fileName: "grüße.txt", record })).toEqual({ id });
    const [request] = stub.requests;
    expect(request).toMatchObject({ method: "POST", url: "/services/data/v60.0/sobjects/ContentVersion" });
    expect(request?.headers["transfer-encoding"]).toBe("chunked");
    const form = await formOf(request);
    expect([...form.keys()]).toEqual(["entity_content", "VersionData"]);
    expect(JSON.parse(String(form.get("entity_content")))).toEqual({ PathOnClient: "grüße.txt", ...record });
    const sent = form.get("VersionData");
    if (!(sent instanceof File)) throw new Error("The second part is no file.");
    expect(sent.type).toBe("text/plain; charset=utf-8");
    expect(await sent.text()).toBe("Grüße\r\n--isthmus");
  });

  it("says the length ahead where the file's size is known", async () => {
    await connector.blobs.upload(file(fileLength), { fileName: "a.txt" });
    const [request] = stub.requests;
    expect(request?.headers["content-length"]).toBe(String(Buffer.byteLength(request?.body ?? "")));
  });

  it("names the type of an Attachment and a Document", async () => {
    for (const sobject of ["Attachment", "Document"] as const) {
      const record = { ParentId: "001000000000001AAA" };
      await connector.blobs.upload(file(), { fileName: "a.txt", sobject, record });
      const form = await formOf(stub.requests.at(-1));
      const [entityPart = ""] = form.keys();
      expect([...form.keys()]).toEqual([`entity_${sobject.toLowerCase()}`, "Body"]);
      expect(JSON.parse(String(form.get(entityPart)))).toMatchObject({
        Name: "a.txt",
        ContentType: "text/plain; charset=utf-8",
      });
    }
  });

  it.each([fileLength - 1, fileLength + 1])(
    "does not finish a file that is not %i bytes long as it says",
    async (size) => {
      const upload = connector.blobs.upload(file(size), { fileName: "a.txt" });
      // Salesforce has seen its beginning.
      await expect(upload).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
      expect(stub.requests).toEqual([]);
    },
  );

  it.each(['a".txt', "a/b.txt", "a\r\nX: y", ""])(
    "refuses the file name %j before anything is sent",
    async (fileName) => {
      await expect(connector.blobs.upload(file(), { fileName })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
      expect(stub.requests).toEqual([]);
    },
  );

  it("refuses a media type that would end its header", async () => {
    const content = { ...file(), mediaType: "text/plain\r\nX: y" };
    await expect(connector.blobs.upload(content, { fileName: "a" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });

  it("says that the outcome is unknown when the answer holds no id", async () => {
    respond = () => ({ status: 200, contentType: "text/html", body: "<html>Down for maintenance</html>" });
    await expect(connector.blobs.upload(file(), { fileName: "a.txt" })).rejects.toMatchObject({
      code: "OUTCOME_UNKNOWN",
      reconcile: expect.stringContaining("ContentVersion"),
    });
    expect(stub.requests).toHaveLength(1);
  });
});

describe("blobs.read", () => {
  it("gives the bytes with their type and size", async () => {
    respond = () => ({ status: 200, contentType: "application/octetstream", body: "Grüße" });
    const content = await connector.blobs.read("ContentVersion", id, "VersionData");
    expect(content.mediaType).toBe("application/octetstream");
    expect(Buffer.concat(await Array.fromAsync(content.body)).toString()).toBe("Grüße");
    expect(stub.requests[0]?.url).toBe(`/services/data/v60.0/sobjects/ContentVersion/${id}/VersionData`);
  });

  it("reports a record that is not there", async () => {
    respond = () => ({ status: 404, body: JSON.stringify([{ errorCode: "NOT_FOUND", message: "no" }]) });
    await expect(connector.blobs.read("Attachment", id, "Body")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("sends nothing for what is no object, id or field", async () => {
    for (const [sobject, record, field] of [
      ["../x", id, "Body"],
      ["Document", "x", "Body"],
      ["Document", id, "a/b"],
    ] as const) {
      await expect(connector.blobs.read(sobject, record, field)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
    expect(stub.requests).toEqual([]);
  });
});
