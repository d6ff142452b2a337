import { childrenOf } from "@isthmus/core";
import type { ODataEnumeration, ODataTypeDefinition } from "../model.js";
import { type Edmx, requiredAttribute } from "./edmx.js";
import { readFacets } from "./read-properties.js";

/**
 * Enumerations by qualified name. A member without a value has the next one after the member before it.
 * @see https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_EnumerationType
 */
export function readEnumerations(edmx: Edmx): ReadonlyMap<string, ODataEnumeration> {
  return new Map(
    edmx.schemas.flatMap(({ namespace, element }) =>
      childrenOf(element, "EnumType").map((type): [string, ODataEnumeration] => {
        let next = 0n;
        const members = childrenOf(type, "Member").map((member): [string, string] => {
          const stated = member.attributes.get("Value");
          const value = stated !== undefined && /^-?\d{1,19}$/.test(stated) ? BigInt(stated) : next;
          next = value + 1n;
          return [requiredAttribute(member, "Name"), value.toString()];
        });
        const isFlags = type.attributes.get("IsFlags") === "true";
        return [`${namespace}.${requiredAttribute(type, "Name")}`, { members: new Map(members), isFlags }];
      }),
    ),
  );
}

/** Type definitions by qualified name. */
export function readTypeDefinitions(edmx: Edmx): ReadonlyMap<string, ODataTypeDefinition> {
  return new Map(
    edmx.schemas.flatMap(({ namespace, element }) =>
      childrenOf(element, "TypeDefinition").map((type): [string, ODataTypeDefinition] => [
        `${namespace}.${requiredAttribute(type, "Name")}`,
        { type: requiredAttribute(type, "UnderlyingType"), ...readFacets(type) },
      ]),
    ),
  );
}
