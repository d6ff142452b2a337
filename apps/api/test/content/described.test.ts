import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.js";
import { useFilesService } from "./files-service.js";

describe("the description of operations with bytes", () => {
  const files = useFilesService();
  const binary = { type: "string", format: "binary" };

  async function describedAt(operation: string) {
    const { body } = await new ApiClient(files().service.url, undefined).get("/openapi.json");
    expect((await new Validator().validate(structuredClone(body))).errors ?? []).toEqual([]);
    return { post: body.paths[`/v1/connectors/{id}/operations/${operation}`].post, schemas: body.components.schemas };
  }

  it("has the media type of an answer that is bytes, beside the JSON input", async () => {
    const { post, schemas } = await describedAt("invoices.pdf");
    expect(Object.keys(post.requestBody.content)).toEqual(["application/json"]);
    expect(Object.keys(post.responses[200].content)).toEqual(["application/pdf"]);
    expect(post.responses[200].headers).toHaveProperty("Content-Disposition");
    expect(schemas["files.invoices.pdf.output"]).toMatchObject(binary);
    expect(Object.keys((await describedAt("attachments.download")).post.responses[200].content)).toEqual(["*/*"]);
  });

  it("has a body of bytes, and the input as query parameters", async () => {
    const { post } = await describedAt("attachments.upload");
    expect(post.requestBody).toEqual({ required: true, content: { "*/*": { schema: binary } } });
    expect(post.parameters).toContainEqual(expect.objectContaining({ name: "id", in: "path" }));
    expect(post.parameters.filter((parameter: { in: string }) => parameter.in === "query")).toEqual([
      { name: "fileName", in: "query", required: false, schema: { type: "string" } },
      { name: "note", in: "query", required: false, schema: { type: "string", maxLength: 20 } },
      {
        name: "copies",
        in: "query",
        required: false,
        schema: expect.objectContaining({ type: "integer", default: 1 }),
      },
      {
        name: "links",
        in: "query",
        required: false,
        content: { "application/json": { schema: expect.objectContaining({ type: "array" }) } },
      },
    ]);
  });

  it("stands in the list of what a connector can do", async () => {
    const { tenant, connectorId } = files();
    const { body } = await tenant.api.get(`/v1/connectors/${connectorId}/operations`);
    type Described = { readonly name: string; readonly consumes: string; readonly produces: string[] };
    const media = body.data.map(({ name, consumes, produces }: Described) => [name, consumes, produces]);
    expect(media).toEqual([
      ["invoices.pdf", "application/json", ["application/pdf"]],
      ["attachments.download", "application/json", ["*/*"]],
      ["attachments.upload", "*/*", ["application/json"]],
      ["photos.upload", "image/png", ["application/json"]],
      ["notes.get", "application/json", ["application/json"]],
    ]);
  });
});
