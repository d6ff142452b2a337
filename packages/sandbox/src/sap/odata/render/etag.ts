import type { EntityModel, ServiceModel } from "../model/service-model.js";
import type { Row } from "../rows.js";

/** The ETag of an entity, weak as the Gateway's are; `undefined` for a type without one. */
export function etagOf(service: ServiceModel, entity: EntityModel, row: Row): string | undefined {
  if (entity.etag === undefined) return undefined;
  const instant = String(row[entity.etag] ?? "");
  if (service.version === "4.0") {
    const digits = instant.replaceAll(/\D/g, "");
    return `W/"SADL-${digits}C~${digits}"`;
  }
  // Milliseconds with seven digits: W/"datetimeoffset'2024-05-31T10%3A20%3A30.1230000Z'"
  return `W/"datetimeoffset'${encodeURIComponent(instant.replace("Z", "0000Z"))}'"`;
}

/** Whether one of the ETags of an If-Match or If-None-Match header is this one. */
export function isAmongEtags(header: string, etag: string): boolean {
  const bare = (value: string): string => value.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(/,(?=\s*(?:W\/)?")/).some((part) => bare(part) === bare(etag));
}
