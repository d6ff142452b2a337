import { defineOperation, type OperationCall } from "@isthmus/core";
import { z } from "zod";
import type { ODataWritten } from "../odata/client/results.js";
import type { SapConfiguration } from "../options/configuration.js";
import type { SapConnector } from "../sap-connector.js";
import { messagesSchema } from "./messages.js";
import {
  etagSchema,
  ifMatchSchema,
  keySchema,
  recordInputSchema,
  recordSchema,
  serviceSchema,
  setSchema,
} from "./odata-inputs.js";

const writtenSchema = z.strictObject({
  record: recordSchema.optional().describe("As it is now, where the service answers with it."),
  etag: etagSchema.optional(),
  messages: messagesSchema,
});

function toWritten({ record, etag, messages }: ODataWritten): z.output<typeof writtenSchema> {
  return { ...(record && { record: { ...record } }), ...(etag !== undefined && { etag }), messages: [...messages] };
}

const at = { service: serviceSchema, entitySet: setSchema };

/** `odata.create`. The Gateway knows a repeated one where the service is configured so. */
export function createEntity(services: SapConfiguration["odata"]) {
  const isRepeatable = (name: string) => Object.hasOwn(services, name) && services[name]?.repeatableRequests === true;
  const isAnyRepeatable = Object.keys(services).some(isRepeatable);
  return defineOperation({
    name: "odata.create",
    summary: "Creates a record, with the records below it that are given along (deep insert).",
    kind: "write",
    idempotent: false,
    takesIdempotencyKey: isAnyRepeatable,
    ...(isAnyRepeatable && { takesKeyWith: ({ service }) => isRepeatable(service) }),
    input: z.strictObject({ ...at, record: recordInputSchema }),
    output: writtenSchema,
    run: async (connector: SapConnector, { service, entitySet, record }, call) =>
      toWritten(
        await (await connector.odata(service)).create(
          entitySet,
          record,
          isRepeatable(service) ? onceOptions(call) : { signal: call.signal },
        ),
      ),
  });
}

/** The time that the Gateway wants is that of the first call, or it would take the repetition for another request. */
function onceOptions({ signal, idempotencyKey, firstCalledAtMs }: OperationCall) {
  return {
    signal,
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(firstCalledAtMs !== undefined && { firstSentAtMs: firstCalledAtMs }),
  };
}

/** `odata.update` */
export const updateEntity = defineOperation({
  name: "odata.update",
  summary: "Changes the properties that are given, and no other.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({ ...at, key: keySchema, record: recordInputSchema, ifMatch: ifMatchSchema }),
  output: writtenSchema,
  run: async (connector: SapConnector, { service, entitySet, key, record, ifMatch }, { signal }) => {
    const options = { signal, ...(ifMatch !== undefined && { ifMatch }) };
    return toWritten(await (await connector.odata(service)).update(entitySet, key, record, options));
  },
});

/** `odata.delete` */
export const deleteEntity = defineOperation({
  name: "odata.delete",
  summary: "Deletes a record.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({ ...at, key: keySchema, ifMatch: ifMatchSchema }),
  output: z.strictObject({ messages: messagesSchema }),
  run: async (connector: SapConnector, { service, entitySet, key, ifMatch }, { signal }) => {
    const options = { signal, ...(ifMatch !== undefined && { ifMatch }) };
    const { messages } = await (await connector.odata(service)).delete(entitySet, key, options);
    return { messages: [...messages] };
  },
});

/** `odata.invoke` */
export const invokeOperation = defineOperation({
  name: "odata.invoke",
  summary: "Calls a function import (v2), a function or an action (v4), for itself or on a record.",
  kind: "write",
  idempotent: false,
  input: z.strictObject({
    service: serviceSchema,
    operation: z.string().min(1).max(200).meta({ description: "Its name, without the namespace." }),
    parameters: z.record(z.string().min(1).max(200), z.unknown()).default({}),
    on: z
      .strictObject({ entitySet: setSchema, key: keySchema.optional() })
      .optional()
      .meta({ description: "What it is bound to: a record, or without key the whole set." }),
    ifMatch: ifMatchSchema,
  }),
  output: z.strictObject({
    value: z.unknown().optional().describe("A record, a list, a value; missing where it gives nothing."),
    etag: etagSchema.optional(),
    messages: messagesSchema,
  }),
  run: async (connector: SapConnector, { service, operation, parameters, on, ifMatch }, { signal }) => {
    const bound = on && { set: on.entitySet, ...(on.key !== undefined && { key: on.key }) };
    const options = { signal, ...(bound && { on: bound }), ...(ifMatch !== undefined && { ifMatch }) };
    const { value, etag, messages } = await (await connector.odata(service)).invoke(operation, parameters, options);
    return {
      ...(value !== undefined && { value }),
      ...(etag !== undefined && { etag }),
      messages: [...messages],
    };
  },
});
