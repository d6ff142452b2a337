import { ConnectorError } from "@isthmus/core";
import { z } from "zod";
import type { DescribeResult } from "../metadata.js";

/** What of an object's description decides how it is followed. */
export interface FollowedObject {
  readonly name: string;
  /** Fields to select, `Id` and the stamp among them. */
  readonly fields: readonly string[];
  /** Fields that are never given: compound ones, whose parts are fields too, and files. */
  readonly leftOut: ReadonlySet<string>;
  /** The time that tells of changes. */
  readonly stampField: string;
  /** Whether deleted records stay for a while as rows. */
  readonly marksDeleted: boolean;
  /** Whether merged records name the one that is left. */
  readonly marksMerged: boolean;
  /** Whether Salesforce keeps a log of its deletions. */
  readonly logsDeletions: boolean;
}

/** `CreatedDate` tells of new records only: that of an object whose records never change, such as a history. */
const stampFields = ["SystemModstamp", "LastModifiedDate", "CreatedDate"];

/**
 * A file comes as an address, and a compound value says what its parts say.
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/compound_fields.htm
 */
const unreadTypes: ReadonlySet<string> = new Set(["base64", "address", "location", "complexvalue"]);

const factsSchema = z.looseObject({ replicateable: z.boolean().default(false) });

/**
 * @param wanted - Names of the fields to read. Default: every one.
 * @throws {ConnectorError} `UNSUPPORTED` for an object without a time of change.
 */
export function followObject(description: DescribeResult, wanted?: readonly string[]): FollowedObject {
  const names = new Set(description.fields.map(({ name }) => name));
  const stampField = stampFields.find((name) => names.has(name));
  if (stampField === undefined) {
    throw new ConnectorError(
      "UNSUPPORTED",
      `${description.name} has no time of change (SystemModstamp, LastModifiedDate or CreatedDate). Query it as a whole.`,
    );
  }
  const leftOut = new Set(description.fields.filter(({ type }) => unreadTypes.has(type)).map(({ name }) => name));
  const needed = ["Id", stampField, "IsDeleted", "MasterRecordId"].filter((name) => names.has(name));
  const given = wanted ?? description.fields.map(({ name }) => name).filter((name) => !leftOut.has(name));
  return {
    name: description.name,
    fields: [...new Set([...needed, ...given])],
    leftOut,
    stampField,
    marksDeleted: names.has("IsDeleted"),
    marksMerged: names.has("MasterRecordId"),
    logsDeletions: factsSchema.safeParse(description).data?.replicateable ?? false,
  };
}
