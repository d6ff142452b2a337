import type { Filter, FilterValue } from "./filter.js";

/** The field has that value; `null`: it has none. */
export const eq = (field: string, value: FilterValue): Filter => ({ field, eq: value });
/** The field has another value. */
export const ne = (field: string, value: FilterValue): Filter => ({ field, ne: value });
/** The field is greater. */
export const gt = (field: string, value: FilterValue): Filter => ({ field, gt: value });
/** The field is greater or equal. */
export const ge = (field: string, value: FilterValue): Filter => ({ field, ge: value });
/** The field is less. */
export const lt = (field: string, value: FilterValue): Filter => ({ field, lt: value });
/** The field is less or equal. */
export const le = (field: string, value: FilterValue): Filter => ({ field, le: value });
/** The field has one of the values, of which there must be one at least. */
export const isIn = (field: string, values: readonly FilterValue[]): Filter => ({ field, in: values });
/** The text of the field has that text in it. */
export const contains = (field: string, text: string): Filter => ({ field, contains: text });
/** The text of the field starts with that text. */
export const startsWith = (field: string, text: string): Filter => ({ field, startsWith: text });
/** The text of the field ends with that text. */
export const endsWith = (field: string, text: string): Filter => ({ field, endsWith: text });
/** All of the conditions hold. */
export const and = (...conditions: readonly Filter[]): Filter => ({ and: conditions });
/** One of the conditions holds. */
export const or = (...conditions: readonly Filter[]): Filter => ({ or: conditions });
/** The condition does not hold. */
export const not = (condition: Filter): Filter => ({ not: condition });
/** v4: one item of the collection meets the condition; without one, there is an item. */
export const any = (field: string, condition: Filter = {}): Filter => ({ field, any: condition });
/** v4: every item of the collection meets the condition. */
export const all = (field: string, condition: Filter): Filter => ({ field, all: condition });
