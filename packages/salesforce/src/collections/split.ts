/** Records of one request. */
export const requestSize = 200;

/**
 * Chunks of one request: a chunk is a run of records of one type.
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_create.htm
 */
export const requestChunks = 10;

/** Splits items, in their order, so that each part fits into one request. Reads one item beyond a part that it gives. */
export async function* splitByLimits<Item extends { readonly type: string }>(
  items: Iterable<Item> | AsyncIterable<Item>,
  size = requestSize,
): AsyncGenerator<readonly Item[], void> {
  let part: Item[] = [];
  let chunks = 0;
  for await (const item of items) {
    const isNewChunk = part.at(-1)?.type !== item.type;
    if (part.length === size || (isNewChunk && chunks === requestChunks)) {
      yield part;
      part = [];
      chunks = 0;
    }
    if (isNewChunk || part.length === 0) chunks += 1;
    part.push(item);
  }
  if (part.length > 0) yield part;
}
