// Receives IDocs of SAP, keeps them in a file of SQLite, and handles each once.
//
//   IDOC_SECRET=user:password IDOC_DATABASE=inbox.db PORT=8080 node receive-idocs.ts
//
// At SAP, an HTTP destination (SM59, type G) and an XML-HTTP port (WE21) lead here.
import { createServer, type IncomingMessage } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { isConnectorError } from "@isthmus/core";
import { type InboxEntry, type InboxStore, receiveIdocs } from "@isthmus/sap";

const { IDOC_SECRET = "", IDOC_DATABASE = "inbox.db", PORT = "8080" } = process.env;
const largestBody = 20 * 1024 * 1024;

const database = new DatabaseSync(IDOC_DATABASE);
database.exec(
  "CREATE TABLE IF NOT EXISTS inbox (place INTEGER PRIMARY KEY, id TEXT UNIQUE, idoc TEXT, handled INTEGER DEFAULT 0)",
);
const insert = database.prepare("INSERT INTO inbox (id, idoc) VALUES (?, ?) ON CONFLICT (id) DO NOTHING");
const mark = database.prepare("UPDATE inbox SET handled = 1 WHERE id = ?");
const select = database.prepare("SELECT id, idoc FROM inbox WHERE handled = 0 ORDER BY place");

const store: InboxStore = {
  putIfAbsent: async ({ id, idoc }) => insert.run(id, JSON.stringify(idoc)).changes === 1,
  markHandled: async (id) => void mark.run(id),
  pending: () => select.all().map(({ id, idoc }): InboxEntry => ({ id: String(id), idoc: JSON.parse(String(idoc)) })),
};

const receiver = receiveIdocs({
  store,
  secrets: [IDOC_SECRET],
  handler: async ({ control, segments }, id) =>
    console.log(id, control.MESTYP, segments.map(({ name }) => name).join(" ")),
});
// What a crash left.
await receiver.handlePending();

const server = createServer(async (request, response) => {
  try {
    const body = await readBody(request);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const answer = await receiver.receive(body, headers);
    response.writeHead(answer.status, { "content-type": answer.contentType ?? "text/plain" }).end(answer.body);
  } catch (error) {
    // 500 for what is ours: SAP keeps the IDoc and it can be sent again.
    const code = isConnectorError(error) ? error.code : undefined;
    response.writeHead(code === "AUTHENTICATION_FAILED" ? 401 : code === "UNEXPECTED_RESPONSE" ? 400 : 500).end();
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`Waits for IDocs at ${JSON.stringify(server.address())}`));
process.once("SIGTERM", () => server.close());

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > largestBody) throw new Error("The document is too large.");
  }
  return Buffer.concat(chunks);
}
