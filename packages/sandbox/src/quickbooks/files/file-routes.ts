import type { FastifyInstance } from "fastify";
import { type Part, readMultipart } from "../../shared/multipart.js";
import { companyOf, envelopeTime } from "../company-request.js";
import { isJsonObject } from "../data/json.js";
import type { JsonObject } from "../data/records.js";
import { invalidRequest, objectNotFound, QuickbooksFault } from "../errors.js";
import { entityOf } from "../record-routes.js";
import { renderRecord, temporaryDownloadUrl } from "../render-record.js";
import { sendOnce } from "../replay.js";
import { bytesOf } from "../request-body.js";
import type { Company, QuickbooksState } from "../state.js";

/** Adds `/upload` and `/download/{id}`. */
export function addFileRoutes(api: FastifyInstance, state: QuickbooksState): void {
  api.post("/upload", async (request, reply) => {
    const company = companyOf(request);
    return sendOnce(
      request,
      reply,
      company,
      () => envelopeTime(state),
      () => {
        const parts = readMultipart(bytesOf(request), request.headers["content-type"] ?? "");
        const files = parts?.filter((part) => part.name.startsWith("file_content"));
        if (parts === undefined || files === undefined || files.length === 0) {
          throw invalidRequest("The body must be multipart/form-data with a part file_content_01");
        }
        const attach = (file: Part) => attachFile(state, company, file, metadataOf(file, parts));
        return { AttachableResponse: files.map(attach) };
      },
    );
  });
  api.get<{ Params: { id: string } }>("/download/:id", async (request, reply) => {
    const company = companyOf(request);
    if (company.files.get(request.params.id) === undefined) throw objectNotFound();
    // The answer is the address of the file, not the file.
    return reply.type("text/plain;charset=UTF-8").send(temporaryDownloadUrl(state, company, request.params.id));
  });
}

/** `file_metadata_01` belongs to `file_content_01`. */
function metadataOf(file: Part, parts: readonly Part[]): JsonObject {
  const name = file.name.replace("file_content", "file_metadata");
  const part = parts.find((candidate) => candidate.name === name);
  if (part === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(part.content.toString("utf8"));
    if (isJsonObject(parsed)) return parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidRequest(`${name} is not a JSON object`);
}

function attachFile(state: QuickbooksState, company: Company, file: Part, metadata: JsonObject): JsonObject {
  const definition = entityOf("Attachable");
  const name = file.fileName ?? (typeof metadata.FileName === "string" ? metadata.FileName : "file");
  try {
    const record = company.service.create(definition, {
      FileName: name,
      ContentType: file.contentType,
      ...metadata,
      Size: file.content.length,
    });
    company.files.set(record.Id, { name, contentType: file.contentType, content: file.content });
    return { Attachable: renderRecord(state, company, definition, record) };
  } catch (error) {
    if (error instanceof QuickbooksFault) return { Fault: error.toFault() };
    throw error;
  }
}
