import { conflict, notFound, rejected } from "./make.js";
import type { Row } from "./row.js";

/** What records are, and what the organisation's own rules say of them. */
export const recordRows: readonly Row[] = [
  {
    code: ["DUPLICATE_VALUE", "DUPLICATES_DETECTED", "DUPLICATE_EXTERNAL_ID", "DUPLICATE_USERNAME"],
    make: conflict("A record with this value exists already."),
  },
  {
    code: [
      "ENTITY_IS_LOCKED",
      "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE",
      "ENTITY_FAILED_IFLASTMODIFIED_BEFORE_UNMODIFIED_UPDATE",
    ],
    make: conflict("The record is locked or was changed meanwhile."),
  },
  { status: [412], make: conflict("The record was changed meanwhile. Read it again.") },
  {
    status: [409],
    make: conflict("It does not go with what the resource is now. Read it again, and check the apiVersion."),
  },
  { status: [404], code: ["ENTITY_IS_DELETED"], make: notFound("The record was deleted.") },
  { status: [404], make: notFound("There is no such record, object or field, or the user may not see it.") },
  {
    code: ["PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"],
    make: rejected("It was not done, or undone, because another part of the same request failed. Correct that one."),
  },
  {
    code: ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "FIELD_FILTER_VALIDATION_EXCEPTION"],
    make: rejected("A validation rule of the organisation does not take the record."),
  },
  {
    code: ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR"],
    make: rejected("Automation of the organisation (a trigger or flow) refused or failed. Ask its administrator."),
  },
  {
    code: ["DELETE_FAILED", "DEPENDENCY_EXISTS"],
    make: rejected("Other records depend on it. Delete or change those first."),
  },
  {
    code: ["INVALID_FIELD", "INVALID_TYPE", "INVALID_FIELD_FOR_INSERT_UPDATE"],
    make: rejected("There is no such object or field, or the user may not see or write it: compare with describe."),
  },
];
