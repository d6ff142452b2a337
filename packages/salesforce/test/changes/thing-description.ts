/** A field as a description tells it. */
function field(name: string, type: string) {
  return {
    name,
    label: name,
    type,
    length: 0,
    nillable: false,
    defaultedOnCreate: true,
    createable: false,
    updateable: false,
    unique: false,
    externalId: false,
  };
}
const permissions = { queryable: true, retrieveable: true, createable: true, updateable: true, deletable: true };
/** The description of an object of an organisation's own. */
export const thingDescription = {
  name: "Thing__c",
  label: "Thing",
  custom: true,
  replicateable: true,
  ...permissions,
  fields: [
    field("Id", "id"),
    field("SystemModstamp", "datetime"),
    field("IsDeleted", "boolean"),
    field("MasterRecordId", "reference"),
  ],
};
