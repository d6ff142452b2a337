import { readXml } from "@isthmus/core";
import { indexAnnotations } from "./metadata/annotations.js";
import { openEdmx } from "./metadata/edmx.js";
import { findContainer } from "./metadata/find-container.js";
import { readEntitySets } from "./metadata/read-entity-sets.js";
import { readOperations } from "./metadata/read-operations.js";
import { readEnumerations, readTypeDefinitions } from "./metadata/read-simple-types.js";
import { readTypes } from "./metadata/read-types.js";
import { restrictProperties } from "./metadata/restrict-properties.js";
import type { ODataModel } from "./model.js";

/**
 * Reads the `$metadata` of a service, of any version of OData, as the model of what it offers.
 *
 * Properties and navigations may name types that the document only refers to (`edmx:Reference`): those are never fetched, and
 * their values pass through as they are.
 *
 * @param document - Bytes as they came, or text.
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when it is not metadata (a login page, a broken or contradictory document);
 * `RESPONSE_TOO_LARGE` beyond what any real service has.
 * @see https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html
 * @see https://www.odata.org/documentation/odata-version-2-0/overview/
 * @see https://sap.github.io/odata-vocabularies/docs/v2-annotations.html
 */
export function readMetadata(document: Uint8Array | string): ODataModel {
  const edmx = openEdmx(readXml(document));
  const find = indexAnnotations(edmx);
  const container = findContainer(edmx);
  const declared = readTypes(edmx, find);
  return {
    version: edmx.version,
    namespace: container.namespace,
    types: restrictProperties(declared, edmx, container, find),
    enumerations: readEnumerations(edmx),
    typeDefinitions: readTypeDefinitions(edmx),
    entitySets: readEntitySets(edmx, container, declared, find),
    operations: readOperations(edmx, container, find),
  };
}
