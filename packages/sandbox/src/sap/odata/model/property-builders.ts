import type { PropertyModel } from "./service-model.js";

type More = Omit<PropertyModel, "name" | "type" | "label">;

/** Neither creatable nor updatable: the system gives it. */
export const readOnly = { creatable: false, updatable: false } as const;

/** Text of at most `maxLength` characters. */
export function text(name: string, maxLength: number, label: string, more: More = {}): PropertyModel {
  return { name, type: "Edm.String", label, maxLength, ...more };
}

/** A key: never null, and not to be changed. */
export function key(name: string, maxLength: number, label: string, more: More = {}): PropertyModel {
  return { name, type: "Edm.String", label, maxLength, nullable: false, updatable: false, ...more };
}

/** A day without a time. */
export function day(name: string, label: string, more: More = {}): PropertyModel {
  return { name, type: "Edm.Date", label, ...more };
}

/** A moment, with milliseconds. */
export function instant(name: string, label: string, more: More = {}): PropertyModel {
  return { name, type: "Edm.DateTimeOffset", label, precision: 7, ...more };
}

/** A decimal with its currency or unit. */
export function decimal(
  name: string,
  size: readonly [precision: number, scale: number],
  label: string,
  more: More = {},
): PropertyModel {
  return { name, type: "Edm.Decimal", label, precision: size[0], scale: size[1], ...more };
}

/** True or false. */
export function flag(name: string, label: string, more: More = {}): PropertyModel {
  return { name, type: "Edm.Boolean", label, ...more };
}

/** A globally unique id. */
export function guid(name: string, label: string, more: More = {}): PropertyModel {
  return { name, type: "Edm.Guid", label, ...more };
}
