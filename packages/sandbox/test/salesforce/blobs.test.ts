import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type SalesforceSandbox, startSalesforceSandbox } from "../../src/index.js";
import { send } from "../client.js";
import { Caller } from "./caller.js";

let sandbox: SalesforceSandbox;
let caller: Caller;

beforeAll(async () => {
  sandbox = await startSalesforceSandbox({ skipConsent: true, seed: false });
});
beforeEach(async () => {
  sandbox.reset();
  caller = await Caller.signIn(sandbox);
});
afterAll(() => sandbox.close());

/** Every byte there is, line ends and something like a boundary among them. */
const bytes = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_unused, at) => at)),
  Buffer.from("\r\n--other\r\n"),
]);

/** As the documents write it, the boundary in quotes. */
function multipart(
  record: object,
  part: { name: string; fileName: string; content: Buffer },
  entity = "entity_content",
) {
  const head =
    `--boundary_string\r\nContent-Disposition: form-data; name="${entity}";\r\nContent-Type: application/json\r\n\r\n` +
    `${JSON.stringify(record)}\r\n\r\n--boundary_string\r\nContent-Type: application/octet-stream\r\n` +
    `Content-Disposition: form-data; name="${part.name}"; filename="${part.fileName}"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), part.content, Buffer.from("\r\n--boundary_string--")]);
  return { body: new Uint8Array(body), headers: { "content-type": 'multipart/form-data; boundary="boundary_string"' } };
}

function upload(path: string, form: ReturnType<typeof multipart>, method = "POST") {
  const headers = { authorization: `Bearer ${caller.token}`, ...form.headers };
  return send(`${sandbox.url}/services/data/v60.0${path}`, { method, headers, body: form.body });
}

async function download(path: string): Promise<{ status: number; type: string | null; content: Buffer }> {
  const response = await fetch(`${sandbox.url}${path}`, { headers: { authorization: `Bearer ${caller.token}` } });
  const content = Buffer.from(await response.arrayBuffer());
  return { status: response.status, type: response.headers.get("content-type"), content };
}

describe("a content version", () => {
  it("comes as multipart, has its bytes at an address of its own, and makes its document", async () => {
    const account = await caller.create("Account", { Name: "Place" });
    const record = { PathOnClient: "brochure.PDF", ReasonForChange: "New", FirstPublishLocationId: account };
    const made = await upload(
      "/sobjects/ContentVersion",
      multipart(record, { name: "VersionData", fileName: "brochure.PDF", content: bytes }),
    );
    expect(made).toMatchObject({ status: 201, json: { success: true, errors: [], id: expect.stringMatching(/^068/) } });
    const { id } = made.json as { id: string };
    const read = await caller.get(`/sobjects/ContentVersion/${id}`);
    const url = `/services/data/v60.0/sobjects/ContentVersion/${id}/VersionData`;
    expect(read.json).toMatchObject({
      VersionData: url,
      Title: "brochure",
      FileType: "PDF",
      ContentSize: bytes.length,
      Checksum: createHash("md5").update(bytes).digest("hex"),
      VersionNumber: "1",
      IsLatest: true,
    });
    expect(await download(url)).toEqual({ status: 200, type: "application/octet-stream", content: bytes });
    const { ContentDocumentId } = read.json as { ContentDocumentId: string };
    expect((await caller.get(`/sobjects/ContentDocument/${ContentDocumentId}`)).json).toMatchObject({
      LatestPublishedVersionId: id,
      Title: "brochure",
    });
    expect(await caller.count(`ContentDocumentLink WHERE LinkedEntityId = '${account}'`)).toBe(1);
    const second = await caller.create("ContentVersion", {
      PathOnClient: "b.txt",
      ContentDocumentId,
      VersionData: Buffer.from("second").toString("base64"),
    });
    expect((await caller.get(`/sobjects/ContentVersion/${second}`)).json).toMatchObject({
      VersionNumber: "2",
      IsLatest: true,
    });
    expect(
      await caller.count(`ContentVersion WHERE ContentDocumentId = '${ContentDocumentId}' AND IsLatest = true`),
    ).toBe(1);
    await caller.delete(`/sobjects/ContentDocument/${ContentDocumentId}`);
    expect(await caller.count("ContentVersion")).toBe(0);
  });

  it("needs bytes, and a body whose parts are of the documented form", async () => {
    expect(await caller.post("/sobjects/ContentVersion", { PathOnClient: "a.txt" })).toMatchObject({
      status: 400,
      json: [{ errorCode: "REQUIRED_FIELD_MISSING", fields: ["VersionData"] }],
    });
    expect(
      (await caller.post("/sobjects/ContentVersion", { PathOnClient: "a", VersionData: "not base64!" })).status,
    ).toBe(400);
    const wrong = multipart({ PathOnClient: "a" }, { name: "Title", fileName: "a", content: bytes });
    expect((await upload("/sobjects/ContentVersion", wrong)).status).toBe(400);
    const cut = multipart({ PathOnClient: "a" }, { name: "VersionData", fileName: "a", content: bytes });
    const broken = { ...cut, body: cut.body.slice(0, -4) };
    expect((await upload("/sobjects/ContentVersion", broken)).status).toBe(400);
    expect(await caller.count("ContentDocument")).toBe(0);
  });
});

describe("attachments and documents", () => {
  it("keep their bytes and content type, and take new bytes", async () => {
    const ParentId = await caller.create("Account", { Name: "A" });
    const id = await caller.create("Attachment", {
      ParentId,
      Name: "a.txt",
      ContentType: "text/plain",
      Body: bytes.toString("base64"),
    });
    const url = `/services/data/v60.0/sobjects/Attachment/${id}/Body`;
    expect((await caller.get(`/sobjects/Attachment/${id}`)).json).toMatchObject({
      Body: url,
      BodyLength: bytes.length,
    });
    expect(await download(url)).toMatchObject({ status: 200, type: "text/plain", content: bytes });
    const other = multipart(
      { Name: "b.txt" },
      { name: "Body", fileName: "b.txt", content: Buffer.from("x") },
      "entity_attachment",
    );
    expect((await upload(`/sobjects/Attachment/${id}`, other, "PATCH")).status).toBe(204);
    expect((await download(url)).content.toString()).toBe("x");
    const FolderId = await caller.create("Folder", { Name: "F" });
    const form = multipart(
      { FolderId, Name: "d" },
      { name: "Body", fileName: "d.bin", content: bytes },
      "entity_document",
    );
    const document = (await upload("/sobjects/Document", form)).json as { id: string };
    expect((await download(`/services/data/v60.0/sobjects/Document/${document.id}/Body`)).content).toEqual(bytes);
    const found = await caller.get(`/query?q=${encodeURIComponent("SELECT Body FROM Attachment")}`);
    expect(found.json).toMatchObject({ records: [{ Body: url }] });
  });

  it("have no bytes within a composite request, and none once they are deleted", async () => {
    const ParentId = await caller.create("Account", { Name: "A" });
    const id = await caller.create("Attachment", { ParentId, Name: "a", Body: "eA==" });
    const url = `/services/data/v60.0/sobjects/Attachment/${id}/Body`;
    const compositeRequest = [{ method: "GET", url, referenceId: "a" }];
    const answer = await caller.post("/composite", { compositeRequest });
    expect(answer.json).toMatchObject({ compositeResponse: [{ httpStatusCode: 400 }] });
    await caller.delete(`/sobjects/Attachment/${id}`);
    expect((await download(url)).status).toBe(404);
  });

  it("are bounded together", async () => {
    sandbox.configure({ fileStorageMb: 3 });
    const ParentId = await caller.create("Account", { Name: "A" });
    const content = Buffer.alloc(2 * 1024 * 1024);
    const form = multipart({ ParentId, Name: "big" }, { name: "Body", fileName: "big", content }, "entity_attachment");
    expect((await upload("/sobjects/Attachment", form)).status).toBe(201);
    expect(await upload("/sobjects/Attachment", form)).toMatchObject({
      status: 403,
      json: [{ errorCode: "STORAGE_LIMIT_EXCEEDED" }],
    });
    expect((await caller.get("/limits")).json).toMatchObject({ FileStorageMB: { Max: 3, Remaining: 1 } });
  });

  it("that were not kept, because the call was all or none, take no room", async () => {
    sandbox.configure({ fileStorageMb: 3 });
    const ParentId = await caller.create("Account", { Name: "A" });
    const Body = Buffer.alloc(2 * 1024 * 1024).toString("base64");
    const attributes = { type: "Attachment" };
    const records = [{ attributes, ParentId, Name: "big", Body }, { attributes }];
    for (let at = 0; at < 3; at += 1) {
      const { json } = await caller.post("/composite/sobjects", { allOrNone: true, records });
      expect(json).toMatchObject([
        { errors: [{ statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK" }] },
        { errors: [{ statusCode: "REQUIRED_FIELD_MISSING" }] },
      ]);
    }
  });

  it("come many at once in a collection, each record naming its part", async () => {
    const ParentId = await caller.create("Account", { Name: "A" });
    const attributes = (part: string) => ({
      type: "Attachment",
      binaryPartName: part,
      binaryPartNameAlias: "Body",
    });
    const record = {
      allOrNone: false,
      records: [
        { attributes: attributes("one"), ParentId, Name: "1" },
        { attributes: attributes("two"), ParentId, Name: "2" },
      ],
    };
    const form = multipart(record, { name: "one", fileName: "1.bin", content: bytes }, "collection");
    const { json } = await upload("/composite/sobjects", form);
    expect(json).toMatchObject([{ success: true }, { success: false, errors: [{ statusCode: "INVALID_INPUT" }] }]);
    const [made] = json as { id: string }[];
    expect((await download(`/services/data/v60.0/sobjects/Attachment/${made?.id}/Body`)).content).toEqual(bytes);
  });
});
