import { z } from "zod";
import { placesOf } from "../requests/template.js";
import { isRepeatable } from "./operation-options.js";
import { pointerOption } from "./pointer-option.js";
import { bodyOption, headersOption, pathOption, queryOption, textsOf } from "./request-options.js";

const requestFields = {
  path: pathOption,
  query: queryOption,
  headers: headersOption,
  body: bodyOption.optional(),
  idempotent: z.boolean().optional().meta({
    description:
      "Whether sending it twice has the effect of sending it once. Default: PUT and DELETE, yes. One with {key} in it is recognised by the API.",
  }),
  reconcile: z.string().min(1).max(500).optional().meta({
    description: "How a person looks up the result of a write whose answer was lost.",
  }),
};

const createOption = z
  .strictObject({
    method: z.enum(["POST", "PUT", "PATCH"]).default("POST"),
    ...requestFields,
    id: pointerOption.optional().meta({
      description: "Where in the answer the new record's id is. Default: where it is in records that are read.",
      examples: ["/id"],
    }),
  })
  .meta({ description: "Creates a record. Its templates may have {record}, {record.name} and {key}." });

const changeFields = { method: z.enum(["PATCH", "PUT", "POST"]).default("PATCH"), ...requestFields };
const updateOption = z.strictObject(changeFields).meta({
  description:
    "Changes the fields that are given, no other. Its templates may have {id}, {version}, {record}, {record.name} and {key}.",
});

const deleteOption = z
  .strictObject({ ...changeFields, method: z.enum(["DELETE", "POST", "PUT", "PATCH"]).default("DELETE") })
  .meta({ description: "Deletes a record. Its templates may have {id}, {version} and {key}." });

const versionOption = z
  .strictObject({
    field: pointerOption.meta({ description: "Where in a record its version is.", examples: ["/etag"] }),
    as: z.enum(["text", "number"]).default("text").meta({ description: "What {version} alone is in a JSON body." }),
  })
  .meta({
    description:
      "What a record's version is. Requests that change or delete hold it as {version}, and the API refuses them (409, 412, or by a rule CONFLICT) where it has another. Where a record is overwritten it is left out, and what holds it with it. Without it, records are overwritten only (policy ours).",
  });

/** How records of an entity are written, one to a request. */
export const writeOption = z
  .strictObject({
    version: versionOption.optional(),
    create: createOption.optional(),
    update: updateOption.optional(),
    delete: deleteOption.optional(),
  })
  .superRefine(({ version, ...requests }, context) => {
    const report = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if (Object.values(requests).every((each) => each === undefined)) report([], "needs create, update or delete");
    for (const kind of ["create", "update", "delete"] as const) {
      const request = requests[kind];
      if (request === undefined) continue;
      const names = new Set(
        textsOfRequest(request)
          .flatMap(placesOf)
          .map(([name = ""]) => name),
      );
      for (const name of names)
        if (!valuesOf[kind].has(name)) report([kind], `names {${name}}, which it does not have`);
      if (kind !== "create" && !names.has("id")) report([kind], "needs {id}");
      if (kind !== "create" && version !== undefined && !names.has("version")) {
        report([kind], "needs {version}: otherwise it would overwrite what was changed meanwhile");
      }
      if (kind !== "create" && version === undefined && names.has("version"))
        report(["version"], "is needed for {version}");
      if (placesOf(request.path).some(([name]) => name === "version")) {
        report([kind, "path"], "cannot hold {version}: it is left out where a record is overwritten");
      }
    }
  })
  .meta({
    description: "How records are written back, one to a request. Left out, the entity's records are read only.",
  });

const valuesOf = {
  create: new Set(["key", "record"]),
  update: new Set(["key", "id", "version", "record"]),
  delete: new Set(["key", "id", "version"]),
} as const;

/** The requests that write records of an entity. */
export type WriteConfiguration = z.output<typeof writeOption>;
/** One of them. */
export type WriteRequestConfiguration = NonNullable<WriteConfiguration["create" | "update" | "delete"]>;

/** Whether a second one does no harm: by its key, by what is said, or by the method. */
export function isRepeatableWrite(request: WriteRequestConfiguration): boolean {
  const { method, idempotent } = request;
  return hasKey(request) || isRepeatable({ kind: "write", method, idempotent });
}

/** Whether a request holds the key of its record's write, by which the API recognises a repetition. */
export function hasKey(request: WriteRequestConfiguration): boolean {
  return textsOfRequest(request)
    .flatMap(placesOf)
    .some(([name]) => name === "key");
}

/** Every template of a request that writes. */
export function textsOfRequest({ path, query, headers, body }: WriteRequestConfiguration): string[] {
  return [path, ...Object.values(query), ...Object.values(headers), ...textsOf(body?.template)];
}
