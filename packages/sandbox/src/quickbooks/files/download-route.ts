import type { FastifyInstance } from "fastify";
import type { QuickbooksState } from "../state.js";

/** Adds the address behind `TempDownloadUri`. Like Intuit's, it needs no token: whoever has it may fetch the file. */
export function addAttachmentDownload(app: FastifyInstance, state: QuickbooksState): void {
  app.get<{ Params: { realmId: string; id: string } }>("/attachments/:realmId/:id", async (request, reply) => {
    const file = state.companies.get(request.params.realmId)?.files.get(request.params.id);
    if (file === undefined) return reply.code(404).type("text/plain;charset=UTF-8").send("There is no such file.");
    // Never shown by a browser as a page of this host, whatever was uploaded.
    reply.header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`);
    reply.header("x-content-type-options", "nosniff");
    return reply.type(file.contentType).send(file.content);
  });
}
