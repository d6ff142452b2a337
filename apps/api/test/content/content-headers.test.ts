import { describe, expect, it } from "vitest";
import { attachment, contentHeaders } from "../../src/content/content-headers.js";

const body = (async function* () {})();

describe("attachment", () => {
  it.each([
    ["Invoice 7.pdf", 'attachment; filename="Invoice 7.pdf"'],
    ["Pläne €.pdf", "attachment; filename=\"Pl_ne _.pdf\"; filename*=UTF-8''Pl%C3%A4ne%20%E2%82%AC.pdf"],
    ['a".html', "attachment; filename=\"a_.html\"; filename*=UTF-8''a%22.html"],
    ["100%.pdf", "attachment; filename=\"100_.pdf\"; filename*=UTF-8''100%25.pdf"],
    ["it's (1)*.pdf", "attachment; filename=\"it's (1)_.pdf\"; filename*=UTF-8''it%27s%20%281%29%2A.pdf"],
    ["../../etc/passwd", 'attachment; filename="passwd"'],
    ["C:\\Windows\\system.ini", 'attachment; filename="system.ini"'],
    [".htaccess", 'attachment; filename="htaccess"'],
    [
      "a.pdf\r\nSet-Cookie: a=b",
      "attachment; filename=\"a.pdfSet-Cookie_ a=b\"; filename*=UTF-8''a.pdfSet-Cookie%3A%20a%3Db",
    ],
    ["invoice\u202efdp.exe", 'attachment; filename="invoicefdp.exe"'],
    ["a\0b.pdf", 'attachment; filename="ab.pdf"'],
    ["half\ud800.pdf", "attachment; filename=\"half_.pdf\"; filename*=UTF-8''half%EF%BF%BD.pdf"],
    ["report.exe. . ", 'attachment; filename="report.exe"'],
    ["..", 'attachment; filename="download"'],
    ["folder/", 'attachment; filename="download"'],
    ["", 'attachment; filename="download"'],
  ])("writes %j so that no client is led astray", (name, header) => {
    expect(attachment(name)).toBe(header);
  });

  it("shortens a name and keeps its extension", () => {
    const header = attachment(`${"💥".repeat(5_000)}.pdf`);
    expect(header.length).toBeLessThan(4_000);
    const encoded = header.split("''")[1] ?? "";
    expect(decodeURIComponent(encoded)).toBe(`${"💥".repeat(196)}.pdf`);
  });

  it("names nothing where there is no name", () => {
    expect(attachment(undefined)).toBe("attachment");
  });
});

describe("contentHeaders", () => {
  it.each([
    ["Text/HTML; charset=utf-8", "Text/HTML; charset=utf-8"],
    ['multipart/related; boundary="a b"', 'multipart/related; boundary="a b"'],
    ["text/html\r\nx: y", "application/octet-stream"],
    ["html", "application/octet-stream"],
    ["", "application/octet-stream"],
  ])("takes the media type %j for %s", (mediaType, sent) => {
    expect(contentHeaders({ mediaType, body })["content-type"]).toBe(sent);
  });

  it("says a length only where one is known, nothing of zero included", () => {
    expect(contentHeaders({ mediaType: "a/b", size: 0, body })["content-length"]).toBe("0");
    expect(contentHeaders({ mediaType: "a/b", body })).not.toHaveProperty("content-length");
  });
});
