import { z } from "zod";
import { placesOf } from "../requests/template.js";
import { jsonSchemaOption } from "./json-schema-option.js";
import { pointerOption } from "./pointer-option.js";
import { bodyOption, headersOption, pathOption, queryOption, textsOf } from "./request-options.js";
import { writeOption } from "./write-options.js";

const parameterOption = z.string().min(1).max(200);
const moreOption = pointerOption.optional().meta({
  description:
    "Where the answer says whether there are more (a truth value). Default: the list ends with an empty page.",
});

/** How the API gives a long list in pieces. */
export const pagingOption = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none") }).meta({ description: "The whole list is one answer." }),
    z
      .strictObject({
        kind: z.literal("cursor"),
        parameter: parameterOption.meta({ description: "Query parameter that takes the cursor." }),
        next: pointerOption.meta({
          description: "Where the answer holds the next cursor; null, empty or missing at the end.",
        }),
        more: pointerOption.optional().meta({ description: "Where the answer says whether there are more." }),
      })
      .meta({ description: "The answer holds a cursor for the next page." }),
    z
      .strictObject({
        kind: z.literal("page"),
        parameter: parameterOption.meta({ description: "Query parameter that takes the number." }),
        first: z.int().min(0).max(1).default(1).meta({ description: "Number of the first page." }),
        more: moreOption,
      })
      .meta({ description: "Pages have numbers." }),
    z
      .strictObject({
        kind: z.literal("offset"),
        parameter: parameterOption.meta({ description: "Query parameter that takes how many records to leave out." }),
        limitParameter: parameterOption.meta({ description: "Query parameter that takes how many to give." }),
        limit: z.int().min(2).max(10_000).meta({ description: "How many to ask for." }),
        more: moreOption,
      })
      .meta({
        description:
          "Pages begin at a count of records. Each begins with the last record of the page before, so that a record that moved meanwhile is noticed.",
      }),
    z
      .strictObject({ kind: z.literal("link") })
      .meta({ description: 'The Link header names the next page (RFC 8288, rel="next").' }),
    z
      .strictObject({
        kind: z.literal("next_url"),
        next: pointerOption.meta({ description: "Where the answer holds the next page's address." }),
      })
      .meta({ description: "The answer holds the next page's address, of this origin." }),
  ])
  .default({ kind: "none" });

/** How it is known what changed. */
export const changesOption = z
  .strictObject({
    field: pointerOption.meta({
      description: "Where in a record the time of its last change is.",
      examples: ["/updatedAt"],
    }),
    parameter: parameterOption.optional().meta({
      description: "Query parameter that takes the time since when. Left out, the templates of `list` have {since}.",
    }),
    format: z.enum(["iso", "iso_seconds", "epoch_seconds", "epoch_ms"]).default("iso").meta({
      description:
        "How the parameter is written: 2026-01-31T12:00:00.000Z, the same without milliseconds, or a number.",
    }),
    fieldFormat: z
      .enum(["iso", "epoch_seconds", "epoch_ms"])
      .optional()
      .meta({ description: "How the field is written. Default: as the parameter." }),
    overlapMs: z.int().min(1).max(86_400_000).default(1_000).meta({
      description:
        "How far a read goes back before the last change that it knows. At least the smallest step of the API's times, because several records may share one; more where records appear late.",
    }),
  })
  .meta({ description: "How changed records are asked for. Without it, each read gives all records." });

/** A list of records that can be followed. */
export const entityOption = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][\w.-]{0,99}$/, "must be letters, digits, dots, dashes and underscores")
      .meta({ description: "Name of the entity." }),
    label: z.string().min(1).max(200).optional().meta({ description: "For people. Default: the name." }),
    creatable: z.boolean().default(false).meta({ description: "Whether records can be created by an operation." }),
    updatable: z.boolean().default(false).meta({ description: "Whether records can be changed by an operation." }),
    deletable: z.boolean().default(false).meta({ description: "Whether records can be deleted by an operation." }),
    schema: jsonSchemaOption
      .optional()
      .meta({ description: "JSON Schema of a record: its properties are the entity's fields." }),
    list: z
      .strictObject({
        method: z
          .enum(["GET", "POST"])
          .default("GET")
          .meta({ description: "POST is for searches; it is repeated like a GET." }),
        path: pathOption,
        query: queryOption,
        headers: headersOption,
        body: bodyOption.optional(),
        records: pointerOption
          .default("")
          .meta({ description: "Where in the answer the records are (JSON Pointer).", examples: ["/items"] }),
        paging: pagingOption,
        maxPages: z
          .int()
          .min(1)
          .max(1_000_000)
          .default(100_000)
          .meta({ description: "More pages than this are a loop." }),
      })
      .meta({ description: "The request that lists records. With changes, its templates may have {since}." }),
    id: pointerOption.meta({ description: "Where in a record its id is.", examples: ["/id"] }),
    changes: changesOption.optional(),
    deleted: z
      .strictObject({
        pointer: pointerOption.meta({
          description: "Where in a record its deletion is marked.",
          examples: ["/deletedAt"],
        }),
        equals: z
          .union([z.string(), z.number(), z.boolean()])
          .optional()
          .meta({ description: "The mark. Left out, anything but null, false and empty text." }),
      })
      .optional()
      .meta({ description: "How a deleted record shows itself." }),
    write: writeOption.optional(),
  })
  .superRefine(({ list, changes, id }, context) => {
    const report = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
    const templates = [
      list.path,
      ...Object.values(list.query),
      ...Object.values(list.headers),
      ...textsOf(list.body?.template),
    ];
    const places = templates.flatMap(placesOf).map((place) => place.join("."));
    if (places.some((name) => name !== "since" || changes === undefined)) {
      report(
        ["list"],
        changes ? "may have no place but {since}" : "may have no places: an entity without changes has no values",
      );
    }
    if (changes && changes.parameter === undefined && places.length === 0) {
      report(["changes", "parameter"], "is needed, or {since} in the list's templates");
    }
    if (changes?.parameter !== undefined && places.length > 0)
      report(["changes", "parameter"], "stands beside {since}: use one");
    if (list.body && list.method === "GET") report(["list", "body"], "cannot be sent with GET");
    if (list.body && list.body.template === undefined)
      report(["list", "body", "template"], "is needed: there is no input");
    if (id === "") report(["id"], "must lead to a field of the record");
    const { paging } = list;
    const own = "parameter" in paging ? [paging.parameter] : [];
    if (paging.kind === "offset") own.push(paging.limitParameter);
    if (changes?.parameter !== undefined) own.push(changes.parameter);
    const all = [...own, ...Object.keys(list.query)];
    if (new Set(all).size < all.length) report(["list", "query"], "sets a parameter of paging or changes");
  });

/** An entity as configured, defaults filled in. */
export type EntityConfiguration = z.output<typeof entityOption>;
/** Its paging. */
export type PagingConfiguration = z.output<typeof pagingOption>;
/** How its changes are known. */
export type ChangesConfiguration = z.output<typeof changesOption>;
