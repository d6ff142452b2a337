/** Lines that fit on the page; what is beyond is left out. */
const maximumLines = 45;

/**
 * A PDF of one page with these lines of text, in Helvetica.
 *
 * @see https://opensource.adobe.com/dc-acrobat-sdk-docs/pdfstandards/PDF32000_2008.pdf (7.5, file structure)
 */
export function renderPdf(lines: readonly string[]): Buffer {
  const text = lines.slice(0, maximumLines).map((line) => `(${escapeText(line)}) Tj T*`);
  const content = `BT /F1 12 Tf 16 TL 56 730 Td\n${text.join("\n")}\nET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
    `<< /Length ${Buffer.byteLength(content, "latin1")} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = Buffer.byteLength(body, "latin1");
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const start = Buffer.byteLength(body, "latin1");
  const size = objects.length + 1;
  const end = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(`${body}xref\n0 ${size}\n0000000000 65535 f \n${table}${end}`, "latin1");
}

/** Characters outside Latin-1 have no place in the font's encoding and become question marks. */
function escapeText(text: string): string {
  return text.replace(/[^\x20-\xff]/g, "?").replace(/[\\()]/g, "\\$&");
}
