import type { ObjectDefinition } from "./definitions.js";
import { checkbox, field, picklist, systemFields, text } from "./field-builders.js";

const told = { createable: false, updateable: false, nillable: false };

/**
 * The organisation itself: one record, which tells its name and whether it is a sandbox. Nobody makes or deletes it.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_organization.htm
 */
export const organization: ObjectDefinition = {
  name: "Organization",
  label: "Organization",
  labelPlural: "Organizations",
  keyPrefix: "00D",
  custom: false,
  writable: false,
  fields: [
    ...systemFields(false).filter(({ name }) => name !== "IsDeleted"),
    text("Name", 80, { ...told, nameField: true }),
    checkbox("IsSandbox", false, told),
    text("InstanceName", 5, { ...told, nillable: true }),
    picklist("OrganizationType", ["Developer Edition", "Enterprise Edition"], { ...told, label: "Edition" }),
    field("TrialExpirationDate", "datetime", { createable: false, updateable: false }),
    text("NamespacePrefix", 15, { ...told, nillable: true }),
    text("DefaultLocaleSidKey", 40, { ...told, defaultValue: "en_GB", label: "Locale" }),
    text("LanguageLocaleKey", 40, { ...told, defaultValue: "en_US", label: "Language" }),
  ],
};
