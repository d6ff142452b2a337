import { isDecimal } from "../../money.js";
import { stripZeros } from "../../number-ranges.js";
import { malformed, type ODataFailure } from "../failure.js";
import { type EntityModel, type PropertyModel, type ServiceModel, targetOf } from "../model/service-model.js";
import type { EdmValue, Row } from "../rows.js";

/** What a caller sends: the properties that were named, and the entities sent along. */
export interface Payload {
  values: Row;
  nested: Record<string, Payload[]>;
}

/** Reads a body by the model. @throws {ODataFailure} 400 for what is no JSON, not in the model or of the wrong type. */
export function readPayload(service: ServiceModel, entity: EntityModel, body: string): Payload {
  return readEntity(service, entity, parseJson(body), 0);
}

/** Parses a body that must be a JSON object; none at all counts as an empty one. */
export function parseJson(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = body.trim() === "" ? {} : JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw malformed("Error while parsing the JSON stream: an object was expected");
}

function readEntity(service: ServiceModel, entity: EntityModel, body: Record<string, unknown>, depth: number): Payload {
  if (depth > 5) throw malformed("The payload is nested too deep");
  const payload: Payload = { values: {}, nested: {} };
  for (const [name, value] of Object.entries(body)) {
    if (name === "__metadata" || name.includes("@")) continue;
    const property = entity.properties.find((candidate) => candidate.name === name);
    const navigation = entity.navigations.find((candidate) => candidate.name === name);
    if (property !== undefined) payload.values[name] = readValue(service, entity, property, value);
    else if (navigation !== undefined) {
      payload.nested[name] = listOf(value).map((item) =>
        readEntity(service, targetOf(service, navigation), item, depth + 1),
      );
    } else throw malformed(`Property '${name}' is invalid`);
  }
  return payload;
}

/** An array in v4; in v2 also `{ results: […] }`, a single object, or a deferred link, which stands for nothing. */
function listOf(value: unknown): Record<string, unknown>[] {
  if (value === null) return [];
  const inner = isObject(value) && "results" in value ? value.results : value;
  if (isObject(inner) && "__deferred" in inner) return [];
  const list: unknown[] = Array.isArray(inner) ? inner : [inner];
  return list.map((item) => {
    if (!isObject(item)) throw malformed("An entity was expected in the payload");
    return item;
  });
}

function readValue(service: ServiceModel, entity: EntityModel, property: PropertyModel, value: unknown): EdmValue {
  if (value === null) return emptyValue(property, entity);
  const read = service.version === "2.0" ? readV2(property, value) : readV4(property, value);
  if (read === undefined) throw invalid(property, value);
  if (property.type === "Edm.Decimal") assertDecimal(property, String(read));
  if (property.type !== "Edm.String") return read;
  const text = String(read);
  if (property.maxLength !== undefined && [...text].length > property.maxLength) throw invalid(property, value);
  const cased = property.upperCase === true ? text.toUpperCase() : text;
  return property.alpha === true ? stripZeros(cased) : cased;
}

/** Texts are never null in ABAP, only initial. */
function emptyValue(property: PropertyModel, entity: EntityModel): EdmValue {
  if (entity.keys.includes(property.name)) throw invalid(property, "null");
  if (property.type === "Edm.String") return "";
  return property.type === "Edm.Boolean" ? false : null;
}

function readV2(property: PropertyModel, value: unknown): EdmValue | undefined {
  const text = typeof value === "string" ? value : undefined;
  switch (property.type) {
    case "Edm.Boolean":
      return typeof value === "boolean" ? value : undefined;
    case "Edm.Int16":
    case "Edm.Int32":
      return Number.isInteger(value) ? Number(value) : undefined;
    case "Edm.Int64":
      return text !== undefined && /^-?\d{1,19}$/.test(text) ? text : undefined;
    // A Gateway refuses a number here: `12.5` without quotes is an "invalid value".
    case "Edm.Decimal":
      return text !== undefined && isDecimal(text) ? text : undefined;
    case "Edm.Date":
      return instantOf(text)?.slice(0, 10);
    case "Edm.DateTimeOffset":
      return instantOf(text);
    case "Edm.TimeOfDay": {
      const [, hours = "00", minutes = "00", seconds = "00"] = /^PT(\d\d)H(\d\d)M(\d\d)S$/.exec(text ?? "") ?? [];
      return text === undefined ? undefined : `${hours}:${minutes}:${seconds}`;
    }
    default:
      return text;
  }
}

function instantOf(text: string | undefined): string | undefined {
  const [, milliseconds] = /^\/Date\((-?\d{1,15})(?:[+-]\d{1,4})?\)\/$/.exec(text ?? "") ?? [];
  if (milliseconds !== undefined) return new Date(Number(milliseconds)).toISOString();
  const isIso = text !== undefined && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z?$/.test(text) && !Number.isNaN(Date.parse(text));
  return isIso ? new Date(text.endsWith("Z") ? text : `${text}Z`).toISOString() : undefined;
}

function readV4(property: PropertyModel, value: unknown): EdmValue | undefined {
  const text = typeof value === "string" ? value : undefined;
  switch (property.type) {
    case "Edm.Boolean":
      return typeof value === "boolean" ? value : undefined;
    case "Edm.Int16":
    case "Edm.Int32":
      return Number.isInteger(value) ? Number(value) : undefined;
    // As a number or, with IEEE754Compatible=true, as text.
    case "Edm.Int64":
    case "Edm.Decimal": {
      const digits = typeof value === "number" ? String(value) : text;
      return digits !== undefined && isDecimal(digits) ? digits : undefined;
    }
    case "Edm.Date":
      return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))
        ? text
        : undefined;
    case "Edm.DateTimeOffset":
      return text === undefined || Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();
    case "Edm.TimeOfDay":
      return text !== undefined && /^\d{2}:\d{2}:\d{2}/.test(text) ? text.slice(0, 8) : undefined;
    default:
      return text;
  }
}

function assertDecimal({ name, precision = 38, scale = 0 }: PropertyModel, text: string): void {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  if (whole.length > precision - scale || fraction.length > scale) {
    throw malformed(`Property '${name}' has invalid value '${text}'`);
  }
}

function invalid({ name }: PropertyModel, value: unknown): ODataFailure {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return malformed(`Property '${name}' has invalid value '${text.slice(0, 60)}'`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
