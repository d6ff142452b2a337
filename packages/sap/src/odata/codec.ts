import type { ODataCodec } from "./client/codec.js";
import { Issues } from "./issues.js";
import { entityPath } from "./key-path.js";
import { toLiteral } from "./literals.js";
import type { ODataModel } from "./model.js";
import { findEntitySet } from "./model-lookup.js";
import { writeQuery } from "./query/write-query.js";
import { toRecord, toValue } from "./to-record.js";
import { toWire, toWireValue } from "./to-wire.js";

/** The codec of a service whose metadata was read. */
export function createCodec(model: ODataModel): ODataCodec {
  return {
    keyPath: (set, key) => entityPath(model, set, key),
    toWire: (type, input) => toWire(model, type, input),
    toWireValue: (typed, value) => toWireValue(model, typed, value),
    toRecord: (type, wire) => toRecord(model, type, wire),
    toValue: (typed, wire) => toValue(model, typed, wire),
    literal: (typed, value) => {
      const issues = new Issues("The value");
      const literal = issues.collect(typed.name, () => toLiteral(model, typed, value));
      issues.throwIfAny();
      return literal ?? "";
    },
    queryString: (set, query) => writeQuery(model, findEntitySet(model, set).type, query),
  };
}
