import {
  BaseConnector,
  type BinaryContent,
  binaryContentSchema,
  type ConnectedAccount,
  type ConnectorRequest,
  defaultRefreshPolicy,
  defineConnector,
  defineOperation,
  defineScheme,
  mapHttpStatus,
  type OperationCall,
  type TransportResponse,
} from "@isthmus/core";
import { z } from "zod";

const configurationSchema = z.strictObject({ url: z.url() });
type Configuration = z.output<typeof configurationSchema>;

/** A connector to `FilesVendor` that hands bytes on and looks at nothing. */
class FilesConnector extends BaseConnector<unknown, Configuration> {
  async download(path: string, { signal }: OperationCall): Promise<BinaryContent> {
    const { headers, body } = await this.openStream({ method: "GET", path, name: "download", signal });
    const { "content-type": mediaType, "content-length": length, "x-file-name": fileName } = headers;
    return {
      mediaType: String(mediaType),
      ...(typeof fileName === "string" && { fileName: decodeURIComponent(fileName) }),
      ...(typeof length === "string" && { size: Number(length) }),
      body,
    };
  }

  async upload(path: string, { signal, content }: OperationCall): Promise<TransportResponse> {
    const headers = { "content-type": content?.mediaType ?? "", "x-name": encodeURIComponent(content?.fileName ?? "") };
    return this.send({
      method: "POST",
      path,
      headers,
      name: "upload",
      signal,
      ...(content && { body: content.body }),
    });
  }

  protected async identify(signal: AbortSignal): Promise<ConnectedAccount> {
    await this.send({ method: "GET", path: "/account", signal });
    return { id: "1", name: "Files", environment: "sandbox" };
  }

  protected baseUrl(): string {
    return this.context.configuration.url;
  }

  protected mapFailure({ status, headers }: TransportResponse, request: ConnectorRequest) {
    return mapHttpStatus({ status, headers, request, nowMs: this.clock.now() });
  }
}

const idSchema = z.strictObject({ id: z.string() });

const invoicePdf = defineOperation({
  name: "invoices.pdf",
  summary: "An invoice as a PDF.",
  kind: "read",
  idempotent: true,
  input: idSchema,
  output: binaryContentSchema,
  produces: "application/pdf",
  run: (connector: FilesConnector, { id }, call) => connector.download(`/pdf/${id}`, call),
});

const download = defineOperation({
  name: "attachments.download",
  summary: "An attachment as it was stored.",
  kind: "read",
  idempotent: true,
  input: idSchema,
  output: binaryContentSchema,
  produces: "*/*",
  run: (connector: FilesConnector, { id }, call) => connector.download(`/files/${id}`, call),
});

const uploadInputSchema = z.strictObject({
  fileName: z.string().optional(),
  note: z.string().max(20).optional(),
  copies: z.int().positive().default(1),
  links: z.array(z.strictObject({ type: z.string(), id: z.string() })).optional(),
});

const upload = defineOperation({
  name: "attachments.upload",
  summary: "Stores an attachment.",
  kind: "write",
  idempotent: false,
  input: uploadInputSchema,
  output: z.object({ bytes: z.int(), input: z.unknown() }),
  consumes: "*/*",
  run: async (connector: FilesConnector, input, call) => ({
    ...z.object({ bytes: z.int() }).parse((await connector.upload("/files", call)).json()),
    input,
  }),
});

const uploadPhoto = defineOperation({
  name: "photos.upload",
  summary: "Stores a photo.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({}),
  output: z.object({ bytes: z.int() }),
  consumes: "image/png",
  run: async (connector: FilesConnector, _input, call) =>
    z.object({ bytes: z.int() }).parse((await connector.upload("/photos", call)).json()),
});

const getNote = defineOperation({
  name: "notes.get",
  summary: "A note.",
  kind: "read",
  idempotent: true,
  input: idSchema,
  output: idSchema,
  run: (_connector: FilesConnector, input) => Promise.resolve(input),
});

/** See `FilesConnector`. */
export const files = defineConnector<Configuration, FilesConnector>({
  specificationVersion: 1,
  type: "files",
  displayName: "Files",
  version: "1.0.0",
  authentication: { api_key: defineScheme({ title: "Key", credentials: z.strictObject({ key: z.string() }) }) },
  configuration: configurationSchema,
  externalSystemUrlField: "url",
  exampleConfiguration: { url: "https://files.example.com" },
  refreshPolicy: defaultRefreshPolicy,
  allowedHosts: () => ["127.0.0.1"],
  operations: () => [invoicePdf, download, upload, uploadPhoto, getNote],
  create: (context) => new FilesConnector(context),
});
