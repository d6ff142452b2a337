import { z } from "zod";
import { problemSchema } from "../../errors/index.js";

/** Rows of a page when the caller does not say. */
export const defaultPageSize = 50;

/** `?limit=&cursor=` of every list. */
export const pageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(defaultPageSize).describe("Items at the most."),
  cursor: z.string().max(200).optional().describe("`nextCursor` of the page before."),
});

/** An id that a caller gives. In lower case, as ours are: ids are compared and audited as text. */
export const idSchema = z.uuid().toLowerCase();

/** `{id}` in a path. */
export const idParametersSchema = z.object({ id: idSchema });

/** A list as every route answers it. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    data: z.array(item),
    nextCursor: z.string().nullable().describe("Hand it back as `cursor`; null at the end."),
  });
}

/** An instant, ISO 8601 UTC. There is no year 0 in PostgreSQL. */
export const instantSchema = z.iso.datetime().refine((text) => !text.startsWith("0000"), "From the year 1 on.");

/** What every authenticated route may answer beside its success. */
export const problemResponses = {
  "4xx": problemContent("The request cannot be done."),
  "5xx": problemContent("Isthmus or the vendor failed."),
};

/** A problem document as a response, with its media type. */
export function problemContent(description: string) {
  return { description, content: { "application/problem+json": { schema: problemSchema } } };
}
