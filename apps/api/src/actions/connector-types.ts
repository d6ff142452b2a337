import {
  type AuthenticationMethod,
  authenticationMethods,
  type ConnectorDefinition,
  ConnectorError,
  NotFoundError,
} from "@isthmus/core";
import { assertAllowed, type Caller } from "../authorization/index.js";
import { documentedOperations } from "../openapi/documented-operations.js";
import { toJsonSchema } from "../openapi/json-schema.js";
import type { Services } from "../services.js";
import { describeOperation } from "./describe-operation.js";

/** The installed connector types. */
export async function listConnectorTypes(services: Services, caller: Caller) {
  await assertAllowed(services, caller, "connectors.read");
  return { data: services.connectors.definitions().map(summarize), nextCursor: null };
}

/** One installed type with its schemas and operations. @throws {NotFoundError} naming the installed types. */
export async function getConnectorType(services: Services, caller: Caller, type: string) {
  await assertAllowed(services, caller, "connectors.read");
  const definition = findDefinition(services, type);
  const schemes = methodsOf(definition).flatMap((method) => {
    const scheme = definition.authentication[method];
    return scheme
      ? [{ method, title: scheme.title, credentialsSchema: toJsonSchema(scheme.credentials, "input") }]
      : [];
  });
  return {
    ...summarize(definition),
    schemes,
    configurationSchema: toJsonSchema(definition.configuration, "input"),
    externalSystemUrlField: (definition.externalSystemUrlField as string | undefined) ?? null,
    operations: documentedOperations(definition).map(describeOperation),
  };
}

function summarize(definition: ConnectorDefinition) {
  const { type, displayName, version } = definition;
  return { type, displayName, version, authenticationMethods: methodsOf(definition) };
}

function methodsOf({ authentication }: ConnectorDefinition): AuthenticationMethod[] {
  return authenticationMethods.filter((method) => authentication[method] !== undefined);
}

/** In a path, an unknown type is a page that is not there; in a body it is a wrong value. */
function findDefinition({ connectors }: Services, type: string): ConnectorDefinition {
  try {
    return connectors.definition(type);
  } catch (error) {
    if (!(error instanceof ConnectorError) || error.code !== "UNKNOWN_CONNECTOR_TYPE") throw error;
    throw new NotFoundError(error.message, { cause: error });
  }
}
