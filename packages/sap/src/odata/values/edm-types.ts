import type { ODataEnumeration, ODataFacets, ODataModel, ODataVersion } from "../model.js";
import type { EdmType } from "./edm-type.js";
import { enumerationType } from "./enumerations.js";
import { decimalType, floatingType, int64Type, wholeNumber } from "./numbers.js";
import { binaryType, booleanType, guidType, stringType } from "./texts.js";
import { dateTimeOffsetType, dateType, durationType, timeOfDayType } from "./times.js";
import { dateTimeOffsetTypeV2, dateTimeType, timeType } from "./times-v2.js";

/**
 * Every primitive type of either version.
 * @see https://www.odata.org/documentation/odata-version-2-0/overview/ (AbstractTypeSystem)
 * @see https://docs.oasis-open.org/odata/odata-csdl-xml/v4.01/odata-csdl-xml-v4.01.html#sec_PrimitiveTypes
 */
const edmTypes: Readonly<Record<ODataVersion, ReadonlyMap<string, EdmType>>> = {
  v2: new Map([
    ...commonTypes("v2"),
    ["Edm.DateTime", dateTimeType],
    ["Edm.DateTimeOffset", dateTimeOffsetTypeV2],
    ["Edm.Time", timeType],
  ]),
  v4: new Map([
    ...commonTypes("v4"),
    ["Edm.Date", dateType],
    ["Edm.TimeOfDay", timeOfDayType],
    ["Edm.DateTimeOffset", dateTimeOffsetType],
    ["Edm.Duration", durationType],
  ]),
};

function commonTypes(version: ODataVersion): readonly [string, EdmType][] {
  return [
    ["Edm.String", stringType],
    ["Edm.Boolean", booleanType],
    ["Edm.Guid", guidType(version)],
    ["Edm.Binary", binaryType(version)],
    ["Edm.Byte", wholeNumber(0, 255)],
    ["Edm.SByte", wholeNumber(-128, 127)],
    ["Edm.Int16", wholeNumber(-32_768, 32_767)],
    ["Edm.Int32", wholeNumber(-2_147_483_648, 2_147_483_647)],
    ["Edm.Int64", int64Type(version)],
    ["Edm.Decimal", decimalType(version)],
    ["Edm.Single", floatingType(version, "f")],
    ["Edm.Double", floatingType(version, "d")],
  ];
}

/** A primitive type with the limits of a property. */
export interface ResolvedType {
  readonly edm: EdmType;
  /** `Edm.…`, or the name of the enumeration. */
  readonly name: string;
  readonly facets: ODataFacets;
}

/**
 * The primitive type or enumeration that a property has, behind a type definition too.
 *
 * @returns `undefined` for a complex type, for one of geography, and for one that the metadata does not have.
 */
export function resolveType(
  model: ODataModel,
  typed: ODataFacets & { readonly type: string },
): ResolvedType | undefined {
  const definition = model.typeDefinitions.get(typed.type);
  const edm = findEdmType(model, typed.type);
  return edm && { edm, name: definition?.type ?? typed.type, facets: { ...definition, ...typed } };
}

/** As {@link resolveType}, without the limits: reading needs none, and is done for every value. */
export function findEdmType(model: ODataModel, type: string): EdmType | undefined {
  const name = model.typeDefinitions.get(type)?.type ?? type;
  return edmTypes[model.version].get(name) ?? findEnumeration(name, model.enumerations.get(name));
}

const enumerationTypes = new WeakMap<ODataEnumeration, EdmType>();

function findEnumeration(name: string, enumeration: ODataEnumeration | undefined): EdmType | undefined {
  if (!enumeration) return undefined;
  const known = enumerationTypes.get(enumeration) ?? enumerationType(name, enumeration);
  enumerationTypes.set(enumeration, known);
  return known;
}
