import { afterAll, describe, expect, it } from "vitest";
import { send } from "../client.js";
import { apiWith, connect, faultOf, fieldsOf, listOf, startForTest } from "./client.js";

const sandbox = await startForTest();
const { realmId, access_token } = await connect(sandbox);
const api = apiWith(sandbox, realmId, access_token);

afterAll(() => sandbox.close());

const upload = (body: FormData | string, contentType?: string, query = "") =>
  send(`${sandbox.url}/v3/company/${realmId}/upload${query}`, {
    method: "POST",
    body,
    headers: {
      authorization: `Bearer ${access_token}`,
      ...(contentType === undefined ? {} : { "content-type": contentType }),
    },
  });

function formWith(
  files: Record<string, [content: string | Uint8Array<ArrayBuffer>, name: string, type: string]>,
  metadata = {},
): FormData {
  const form = new FormData();
  for (const [name, fields] of Object.entries(metadata)) {
    form.set(name, new Blob([JSON.stringify(fields)], { type: "application/json" }));
  }
  for (const [name, [content, fileName, type]] of Object.entries(files))
    form.set(name, new Blob([content], { type }), fileName);
  return form;
}

describe("attachments", () => {
  it("keeps every byte, whatever the file holds", async () => {
    const content = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 31) % 256);
    content.set(Buffer.from("\r\n--boundary\r\n\r\n"), 100);
    const answer = await upload(formWith({ file_content_01: [content, 'o"dd näme.bin', "application/octet-stream"] }));
    const attachable = fieldsOf(listOf(fieldsOf(answer.json).AttachableResponse)[0]?.Attachable);
    expect(attachable).toMatchObject({ Size: 5_000, ContentType: "application/octet-stream" });
    const address = await api.get(`/download/${String(attachable.Id)}`);
    expect(address.text).toBe(attachable.TempDownloadUri);
    const file = await fetch(address.text);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(content);
    expect(file.headers.get("content-disposition")).toMatch(/^attachment/);
  });

  it("takes several files, each with its own metadata and outcome", async () => {
    const [invoice] = sandbox.records(realmId).all("Invoice");
    const answer = await upload(
      formWith(
        { file_content_01: ["one", "1.txt", "text/plain"], file_content_02: ["two", "2.txt", "text/plain"] },
        {
          file_metadata_01: { AttachableRef: [{ EntityRef: { type: "Invoice", value: invoice?.Id } }], Note: "signed" },
          file_metadata_02: { AttachableRef: [{ EntityRef: { type: "Customer", value: "99999" } }] },
        },
      ),
    );
    expect(fieldsOf(answer.json).AttachableResponse).toMatchObject([
      { Attachable: { FileName: "1.txt", Note: "signed", AttachableRef: [{ EntityRef: { value: invoice?.Id } }] } },
      { Fault: { Error: [{ code: "2500" }] } },
    ]);
  });

  it("uploads once for one requestid", async () => {
    const form = () => formWith({ file_content_01: ["x", "x.txt", "text/plain"] });
    const first = await upload(form(), undefined, "?requestid=u-1");
    expect((await upload(form(), undefined, "?requestid=u-1")).json).toEqual(first.json);
  });

  it.each([
    ["no multipart body", "text", "text/plain"],
    [
      "a body that does not end",
      "--b\r\ncontent-disposition: form-data; name=x\r\n\r\n",
      "multipart/form-data; boundary=b",
    ],
    ["no file in it", "--b--\r\n", "multipart/form-data; boundary=b"],
  ])("refuses %s", async (_case, body, contentType) => {
    expect(faultOf(await upload(body, contentType))).toBe("400/2010");
  });

  it("gives nobody a file that is not there", async () => {
    expect(faultOf(await api.get("/download/99999"))).toBe("400/610");
    expect((await send(`${sandbox.url}/attachments/${realmId}/99999`)).status).toBe(404);
  });
});

describe("printing", () => {
  it("makes a PDF whose table of objects is right", async () => {
    const [invoice] = sandbox.records(realmId).all("Invoice");
    const answer = await fetch(`${sandbox.url}/v3/company/${realmId}/invoice/${invoice?.Id}/pdf`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(answer.headers.get("content-type")).toBe("application/pdf");
    const text = Buffer.from(await answer.arrayBuffer()).toString("latin1");
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
    expect(text.slice(start, start + 4)).toBe("xref");
    const offsets = [...text.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)].map((match) => Number(match[1]));
    expect(offsets).toHaveLength(5);
    for (const [index, offset] of offsets.entries())
      expect(text.slice(offset)).toMatch(new RegExp(`^${index + 1} 0 obj\n`));
    expect(text).toContain(`Invoice ${String(invoice?.DocNumber)}`);
  });

  it("has no PDF of a bill, and sends no form without an address", async () => {
    const [bill] = sandbox.records(realmId).all("Bill");
    expect(faultOf(await api.get(`/bill/${bill?.Id}/pdf`))).toBe("400/500");
    const [receipt] = sandbox.records(realmId).all("SalesReceipt");
    expect(faultOf(await api.post(`/salesreceipt/${receipt?.Id}/send`, ""))).toBe("400/2210");
  });
});
