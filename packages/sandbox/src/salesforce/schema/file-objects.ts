import type { ObjectDefinition } from "./definitions.js";
import { checkbox, field, picklist, reference, systemFields, text } from "./field-builders.js";

const required = { nillable: false };
const told = { createable: false, updateable: false };
/** What a file may be attached to. */
const parents = ["Account", "Contact", "Opportunity", "Lead", "Case", "Task", "Invoice__c"];

/** A file that belongs to one record, as they were before Files. */
export const attachment: ObjectDefinition = {
  name: "Attachment",
  label: "Attachment",
  labelPlural: "Attachments",
  keyPrefix: "00P",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    reference("ParentId", parents, { ...required, childRelationshipName: "Attachments", cascadeDelete: true }),
    text("Name", 255, { ...required, nameField: true, label: "File Name" }),
    checkbox("IsPrivate"),
    text("ContentType", 120),
    field("BodyLength", "int", told),
    field("Body", "base64", required),
    text("Description", 500),
  ],
};

/** Where documents lie. */
export const folder: ObjectDefinition = {
  name: "Folder",
  label: "Folder",
  labelPlural: "Folders",
  keyPrefix: "00l",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(false),
    text("Name", 80, { ...required, nameField: true }),
    text("DeveloperName", 80),
    picklist("AccessType", ["Public", "Hidden", "Shared"], { defaultValue: "Public" }),
    picklist("Type", ["Document", "Email", "Report", "Dashboard"], { defaultValue: "Document" }),
  ],
};

/** A file that belongs to a folder. */
export const document: ObjectDefinition = {
  name: "Document",
  label: "Document",
  labelPlural: "Documents",
  keyPrefix: "015",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(false),
    reference("FolderId", ["Folder", "User"], required),
    text("Name", 255, { ...required, nameField: true, label: "Document Name" }),
    text("DeveloperName", 80),
    text("ContentType", 120),
    text("Type", 40),
    checkbox("IsPublic"),
    field("BodyLength", "int", told),
    field("Body", "base64"),
    field("Description", "textarea", { length: 255 }),
    text("Keywords", 255),
  ],
};

/** A file in Salesforce Files; what it holds is in its versions. */
export const contentDocument: ObjectDefinition = {
  name: "ContentDocument",
  label: "Content Document",
  labelPlural: "Content Documents",
  keyPrefix: "069",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    text("Title", 255, { createable: false, nameField: true }),
    reference("LatestPublishedVersionId", ["ContentVersion"], told),
    text("FileType", 20, told),
    text("FileExtension", 40, told),
    field("ContentSize", "int", told),
    field("Description", "textarea", { length: 1_000 }),
  ],
};

/** One version of a file. The first makes its document; later ones name it. */
export const contentVersion: ObjectDefinition = {
  name: "ContentVersion",
  label: "Content Version",
  labelPlural: "Content Versions",
  keyPrefix: "068",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(true),
    reference("ContentDocumentId", ["ContentDocument"], {
      updateable: false,
      childRelationshipName: "ContentVersions",
      cascadeDelete: true,
    }),
    text("Title", 255, { nameField: true }),
    text("PathOnClient", 500, { ...required, updateable: false }),
    field("VersionData", "base64", { updateable: false }),
    field("ContentSize", "int", told),
    text("VersionNumber", 20, told),
    field("IsLatest", "boolean", { ...told, nillable: false, defaultValue: false }),
    text("FileType", 20, told),
    text("FileExtension", 40, told),
    text("Checksum", 50, told),
    reference("FirstPublishLocationId", [...parents, "User"], { updateable: false }),
    field("Description", "textarea", { length: 1_000 }),
    text("ReasonForChange", 1_000),
  ],
};

/** Where a file is seen. */
export const contentDocumentLink: ObjectDefinition = {
  name: "ContentDocumentLink",
  label: "Content Document Link",
  labelPlural: "Content Document Links",
  keyPrefix: "06A",
  custom: false,
  writable: true,
  fields: [
    ...systemFields(false),
    reference("ContentDocumentId", ["ContentDocument"], {
      ...required,
      childRelationshipName: "ContentDocumentLinks",
      cascadeDelete: true,
    }),
    reference("LinkedEntityId", [...parents, "User"], {
      ...required,
      childRelationshipName: "ContentDocumentLinks",
      cascadeDelete: true,
    }),
    picklist("ShareType", ["V", "C", "I"], { defaultValue: "V" }),
    picklist("Visibility", ["AllUsers", "InternalUsers", "SharedUsers"], { defaultValue: "AllUsers" }),
  ],
};
