import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { getKeys } from "../actions/get-keys.js";
import {
  getKeyRotation,
  listKeyRotations,
  resumeKeyRotation,
  rotateKeys,
  stopKeyRotation,
} from "../actions/rotate-keys.js";
import type { Services } from "../services.js";
import { idParametersSchema, pageOf, pageQuerySchema, problemResponses } from "./schemas/common.js";
import { keyRotationSchema, keysSchema, rotateKeysSchema } from "./schemas/keys.js";

const shared = { tags: ["keys"], security: [{ platformKey: [] }] };

/** `/v1/keys`: the keys that protect every tenant's secrets, for the platform key only. */
export const keyRoutes: FastifyPluginAsyncZod<Services> = async (app, services) => {
  app.get(
    "/v1/keys",
    {
      schema: {
        ...shared,
        summary: "Which keys there are, and what they wrap",
        operationId: "getKeys",
        response: { 200: keysSchema, ...problemResponses },
      },
    },
    () => getKeys(services),
  );
  app.post(
    "/v1/keys/rotate",
    {
      schema: {
        ...shared,
        summary: "Begin a rotation of keys",
        description:
          "Wraps every data key anew under the key-encryption key that this process has first, while the service runs. With `dataKeys`, tenants also get new data keys, and every sealed value goes under them. 409 `KEY_ROTATION_RUNNING` while one runs.",
        operationId: "rotateKeys",
        body: rotateKeysSchema,
        response: { 202: keyRotationSchema, ...problemResponses },
      },
    },
    async (request, reply) => reply.code(202).send(await rotateKeys(services, request, request.body.dataKeys)),
  );
  app.get(
    "/v1/keys/rotations",
    {
      schema: {
        ...shared,
        summary: "List rotations of keys, newest first",
        operationId: "listKeyRotations",
        querystring: pageQuerySchema,
        response: { 200: pageOf(keyRotationSchema), ...problemResponses },
      },
    },
    (request) => listKeyRotations(services, request.query),
  );
  app.get(
    "/v1/keys/rotations/:id",
    {
      schema: {
        ...shared,
        summary: "How far a rotation of keys is",
        operationId: "getKeyRotation",
        params: idParametersSchema,
        response: { 200: keyRotationSchema, ...problemResponses },
      },
    },
    (request) => getKeyRotation(services, request.params.id),
  );
  app.post(
    "/v1/keys/rotations/:id/stop",
    {
      schema: {
        ...shared,
        summary: "Stop a rotation of keys with its next batch",
        description: "What is done stays done. A rotation that does not run stays as it is.",
        operationId: "stopKeyRotation",
        params: idParametersSchema,
        response: { 200: keyRotationSchema, ...problemResponses },
      },
    },
    (request) => stopKeyRotation(services, request, request.params.id),
  );
  app.post(
    "/v1/keys/rotations/:id/resume",
    {
      schema: {
        ...shared,
        summary: "Let a stopped rotation of keys go on where it was",
        description: "409 when it is completed, or while another one runs.",
        operationId: "resumeKeyRotation",
        params: idParametersSchema,
        response: { 200: keyRotationSchema, ...problemResponses },
      },
    },
    (request) => resumeKeyRotation(services, request, request.params.id),
  );
};
