import { z } from "zod";
import type { Changed, ChangeKind } from "../change-kind.js";

const schema = z.object({});

/** The deletion of an endpoint with all that came to it. Nothing leads back. */
export const inboundEndpointDelete: ChangeKind<z.infer<typeof schema>, Changed> = {
  name: "inbound_endpoint.delete",
  permission: "inbound-endpoints.write",
  schema,
  async prepare(_, { target: { id, version } }) {
    return {
      async apply({ inboundEndpoints }, note) {
        const expected = version ?? 0;
        const before = await inboundEndpoints.findById(id);
        await inboundEndpoints.remove(id, expected);
        const details = { type: before?.connectorType, name: before?.name };
        await note("inbound_endpoint.deleted", details, { before });
        return { version: expected + 1 };
      },
    };
  },
};
