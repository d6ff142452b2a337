import type { EntityDescription, EntityField, EntitySource, EntitySummary } from "@isthmus/core";
import type { DescribedField, DescribedSobject } from "./metadata.js";
import type { SalesforceConnector } from "./salesforce-connector.js";
import { createRecordWriter } from "./writes/record-writer.js";

/** The organisation's objects as entities, from its own describe calls. */
export function createEntitySource(connector: SalesforceConnector): EntitySource {
  return {
    async list(signal) {
      const { sobjects } = await connector.describeGlobal({ signal });
      return sobjects.map(toSummary);
    },
    async describe(entity, signal): Promise<EntityDescription> {
      const described = await connector.describe(entity, { signal });
      return { ...toSummary(described), fields: described.fields.map(toField) };
    },
    read: (entity, cursor, signal) => connector.changes.read(entity, cursor, { signal }),
    startAt: (entity, sinceMs, signal) => connector.changes.startAt(entity, sinceMs, { signal }),
    count: (entity, sinceMs, signal) => connector.changes.count(entity, sinceMs, { signal }),
    subscribe: (entity, cursor, signal) => connector.changes.subscribe(entity, cursor, { signal }),
    writer: createRecordWriter(connector),
  };
}

function toSummary(sobject: DescribedSobject): EntitySummary {
  return {
    name: sobject.name,
    label: sobject.label,
    readable: sobject.queryable || sobject.retrieveable,
    creatable: sobject.createable,
    updatable: sobject.updateable,
    deletable: sobject.deletable,
    custom: sobject.custom,
  };
}

function toField(field: DescribedField): EntityField {
  const values = field.picklistValues?.filter(({ active }) => active).map(({ value }) => value) ?? [];
  const references = field.referenceTo ?? [];
  return {
    name: field.name,
    label: field.label,
    type: field.type,
    // What has a default, or cannot be set at all, is nobody's duty to send.
    required: field.createable && !field.nillable && !field.defaultedOnCreate,
    creatable: field.createable,
    updatable: field.updateable,
    unique: field.unique,
    externalId: field.externalId,
    ...(field.length > 0 && { maxLength: field.length }),
    ...(values.length > 0 && { values }),
    ...(references.length > 0 && { references }),
  };
}
