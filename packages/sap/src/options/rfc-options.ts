import { z } from "zod";
import type { RfcValue } from "../rfc/rfc-types.js";
import { fileReference, systemPath } from "./fields.js";

const moduleEntry = z.string().min(1).max(60).describe("A name, or a beginning and a star.");
const moduleName = z.string().min(1).max(60);
const messageCode = z
  .string()
  .regex(/^[A-Z0-9_/]{1,22}\/\d{3}$/, "must be a message class and number, such as ZMM/017");

const rfcValue: z.ZodType<RfcValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.null(), z.array(rfcValue), z.record(z.string(), rfcValue)]),
);

const wrapperSchema = z.strictObject({
  name: moduleName.meta({ title: "Wrapper", description: "Module that calls the BAPI, and commits or rolls back." }),
  parameters: z.record(moduleName, moduleName).optional().meta({
    title: "Renamed parameters",
    description: "Names that parameters of the BAPI have there, where they differ.",
  }),
  fixed: z.record(moduleName, rfcValue).optional().meta({
    title: "Fixed parameters",
    description: "What the wrapper is given beside the BAPI's parameters.",
  }),
});

/** Function modules over SOAP RFC: the RFC destination of the system. */
export const rfcSchema = z
  .strictObject({
    path: systemPath.default("/sap/bc/soap/rfc").meta({
      title: "SOAP address",
      description: "Where calls go: SAP's RFC handler, or the binding of a service of SOAMANAGER's.",
    }),
    wsdlPath: systemPath.default("/sap/bc/soap/wsdl").meta({
      title: "WSDL address",
      description: "Where the system gives the WSDL of a module.",
    }),
    functionModules: z
      .array(moduleEntry)
      .max(500)
      .default([])
      .meta({
        title: "Function modules",
        description: "The only ones that may be called: exact names, or a beginning and a star such as Z_*.",
        examples: [["RFC_PING", "BAPI_SALESORDER_GETLIST"]],
      }),
    wsdls: z.record(moduleName, z.string().max(4_000_000)).default({}).meta({
      title: "WSDLs",
      description: "WSDL documents by the module's name, for systems that do not give them.",
    }),
    wsdlFiles: z.record(moduleName, fileReference).default({}).meta({
      title: "WSDL files",
      description: "The same as names of files in the operator's folder.",
    }),
    wsdlHosts: z.array(z.string().min(1).max(253)).max(20).default([]).meta({
      title: "Hosts of WSDLs",
      description: "Hosts beside the system's that a WSDL may import from. They get no credentials.",
    }),
    returnParameters: z.array(moduleName).max(50).default([]).meta({
      title: "Return parameters",
      description: "Parameters beside RETURN in which modules of this system return messages.",
    }),
    lockMessages: z.array(messageCode).max(200).default([]).meta({
      title: "Lock messages",
      description: "Messages beside the known ones that say that something is locked for a while.",
    }),
    statefulSessions: z.enum(["unproven", "proven"]).default("unproven").meta({
      title: "Stateful sessions",
      description:
        "Whether this system was seen to keep a session over several requests (operation rfc.proveStatefulSessions). Only then may a BAPI's work be committed by a request of its own.",
    }),
    genericWrapper: z
      .strictObject({
        name: moduleName,
        request: moduleName.optional().describe("The parameter that takes the call. Default REQUEST."),
        response: moduleName.optional().describe("The parameter that has the answer. Default RESPONSE."),
        committed: moduleName
          .optional()
          .describe("The parameter that is X when the work was committed. Default COMMITTED."),
        fixed: z.record(moduleName, rfcValue).optional().describe("What it is given beside."),
      })
      .optional()
      .meta({
        title: "Generic commit wrapper",
        description: "A module of the system's own that takes any call as text, makes it, and commits.",
      }),
    wrappers: z.record(moduleName, wrapperSchema).default({}).meta({
      title: "Commit wrappers",
      description: "By the BAPI's name: modules of the system's own that call it and commit.",
    }),
  })
  .prefault({})
  .meta({ title: "Function modules (RFC)" });

/** Validated settings of RFC. */
export type RfcSettings = z.output<typeof rfcSchema>;
