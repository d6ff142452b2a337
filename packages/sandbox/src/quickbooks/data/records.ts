/** Anything that JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [field: string]: JsonValue;
}

/** A record as the API returns it: amounts are numbers, references `{ value, name }`. Never changed in place. */
export interface QuickbooksRecord extends JsonObject {
  readonly Id: string;
  readonly SyncToken: string;
}

/** Reads the records of one company. `entity` is spelled as in the API, such as `Invoice`. */
export interface QuickbooksRecords {
  /** In the order they were created; deleted ones are gone, inactive ones are there. */
  all(entity: string): readonly QuickbooksRecord[];
  get(entity: string, id: string): QuickbooksRecord | undefined;
}

/** What happened to a record; the operations are those of Intuit's webhooks. */
export type ChangeOperation = "Create" | "Update" | "Delete" | "Void" | "Emailed";

/** One change of one record, told after it has taken effect. */
export interface QuickbooksChange {
  realmId: string;
  entity: string;
  id: string;
  operation: ChangeOperation;
  time: Date;
}

/** Hears of changes. It must not throw: the change has happened. */
export type ChangeListener = (change: QuickbooksChange) => void;
