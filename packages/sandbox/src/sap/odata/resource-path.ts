import { stripZeros } from "../number-ranges.js";
import { malformed, ODataFailure, segmentNotFound } from "./failure.js";
import {
  type EntityModel,
  findSet,
  type NavigationModel,
  type OperationModel,
  type PropertyModel,
  type ServiceModel,
  targetOf,
} from "./model/service-model.js";
import { readFilterTokens } from "./query/filter-tokens.js";
import { splitOutside } from "./query/split.js";
import type { Row } from "./rows.js";

/** One step of a path: a set or a navigation, with the key where one entity is named. */
export interface PathStep {
  name: string;
  entity: EntityModel;
  navigation?: NavigationModel;
  keys?: Row;
}

/** What a path below the root of a service means. */
export type ResourcePath =
  | { kind: "service" | "metadata" | "batch" }
  | { kind: "entities"; steps: PathStep[]; entity: EntityModel; many: boolean; tail?: PathTail }
  | { kind: "operation"; operation: OperationModel; steps: PathStep[]; literals: Record<string, string> };

/** What of the entities is asked for. */
export type PathTail = { kind: "count" } | { kind: "property"; property: PropertyModel; raw: boolean };

/** Understands the part of a URL behind the root. @throws {ODataFailure} 404 or 400 */
export function parseResourcePath(service: ServiceModel, path: string): ResourcePath {
  // An apostrophe may come encoded or not; a slash inside a key is no separator.
  const segments = splitOutside(path.replaceAll("%27", "'"), "/")
    .filter((segment, index, all) => segment !== "" || index < all.length - 1)
    .map(decodeSegment);
  const [first, ...rest] = segments;
  if (first === undefined || first === "") return { kind: "service" };
  if (rest.length === 0 && first === "$metadata") return { kind: "metadata" };
  if (rest.length === 0 && first === "$batch") return { kind: "batch" };
  const { name, inside } = cutSegment(first);
  const operation = service.operations.find((candidate) => candidate.name === name && candidate.boundTo === undefined);
  if (operation !== undefined && rest.length === 0) {
    return { kind: "operation", operation, steps: [], literals: readParameters(inside) };
  }
  const entity = findSet(service, name);
  if (entity === undefined) throw segmentNotFound(name);
  const steps: PathStep[] = [toStep(name, entity, inside)];
  return followSegments(service, steps, rest);
}

function followSegments(service: ServiceModel, steps: PathStep[], rest: string[]): ResourcePath {
  for (const [index, segment] of rest.entries()) {
    const last = steps.at(-1);
    if (last === undefined) break;
    const isLast = index === rest.length - 1;
    const many = last.keys === undefined && (last.navigation?.many ?? true);
    if (segment === "$count" && isLast && many) return finish(steps, { kind: "count" });
    const { name, inside } = cutSegment(segment);
    const bound = service.operations.find(
      (operation) => `${service.namespace}.${operation.name}` === name || `SAP__self.${operation.name}` === name,
    );
    if (bound?.boundTo === last.entity.type && !many && isLast) {
      return { kind: "operation", operation: bound, steps, literals: readParameters(inside) };
    }
    if (many) throw segmentNotFound(name);
    const navigation = last.entity.navigations.find((candidate) => candidate.name === name);
    if (navigation === undefined) return finish(steps, propertyTail(last.entity, name, rest.slice(index + 1)));
    steps.push({ ...toStep(name, targetOf(service, navigation), inside), navigation });
  }
  return finish(steps);
}

function finish(steps: PathStep[], tail?: PathTail): ResourcePath {
  const last = steps.at(-1);
  if (last === undefined) return { kind: "service" };
  const many = last.keys === undefined && (last.navigation?.many ?? true);
  return { kind: "entities", steps, entity: last.entity, many, ...(tail !== undefined && { tail }) };
}

function propertyTail(entity: EntityModel, name: string, rest: string[]): PathTail {
  if (name === "$links" || name === "$ref")
    throw new ODataFailure(501, "005056A509B11EE1B9A8FEC11C21578E", `'${name}' is not implemented`);
  const property = entity.properties.find((candidate) => candidate.name === name);
  const raw = rest.length === 1 && rest[0] === "$value";
  if (property === undefined || (rest.length > 0 && !raw)) throw segmentNotFound(name);
  return { kind: "property", property, raw };
}

function toStep(name: string, entity: EntityModel, inside: string | undefined): PathStep {
  return inside === undefined ? { name, entity } : { name, entity, keys: readKeys(entity, inside) };
}

/** Reads `'1'` or `A='1',B='2'`. All keys must be there, and be of their type. */
function readKeys(entity: EntityModel, inside: string): Row {
  const given = readParameters(inside, entity.keys.length === 1 ? entity.keys[0] : undefined);
  const keys: Row = {};
  for (const name of entity.keys) {
    const literal = given[name];
    if (literal === undefined) throw malformed(`The number of keys does not fit the type ${entity.type}`);
    const property = entity.properties.find((candidate) => candidate.name === name);
    const [token, ...others] = readFilterTokens(literal);
    if (token?.kind !== "literal" || token.type !== "string" || others.length > 0) {
      throw malformed(`Invalid key predicate type for segment '${entity.set}'`);
    }
    keys[name] = property?.alpha === true ? stripZeros(token.value) : token.value;
  }
  if (Object.keys(given).length !== entity.keys.length)
    throw malformed(`Invalid key predicate for segment '${entity.set}'`);
  return keys;
}

function readParameters(inside: string | undefined, onlyName = ""): Record<string, string> {
  if (inside === undefined || inside === "") return {};
  return Object.fromEntries(
    splitOutside(inside, ",").map((part) => {
      const [, name = onlyName, literal = ""] = /^(?:\s*(\w+)\s*=)?(.*)$/s.exec(part) ?? [];
      return [name, literal.trim()];
    }),
  );
}

function cutSegment(segment: string): { name: string; inside: string | undefined } {
  const match = /^([^(]*)\((.*)\)$/s.exec(segment);
  return { name: match?.[1] ?? segment, inside: match?.[2] };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) throw malformed("The URL is not encoded properly");
    throw error;
  }
}
