import { ConnectorError } from "@isthmus/core";
import { fromXmlName, toXmlName } from "./abap-names.js";
import { describeSimple, unusableWsdl } from "./describe-simple-type.js";
import type { FunctionInterface, RfcField, RfcType } from "./rfc-types.js";
import type { ElementDescriptor, OperationPlace, SoapOperation, Wsdl } from "./strong-soap.js";

/** A module as its WSDL describes it. */
export interface DescribedModule {
  readonly wsdl: Wsdl;
  readonly place: OperationPlace;
  readonly interface: FunctionInterface;
}

/** How much an interface may hold: structures within structures, and fields in all, those of repeated structures too. */
const limits = { depth: 32, fields: 100_000 };

/** One description under way. */
interface Description {
  readonly wsdl: Wsdl;
  readonly module: string;
  fields: number;
}

/**
 * The interface of a function module by what strong-soap makes of its WSDL.
 *
 * @throws {ConnectorError} `UNEXPECTED_RESPONSE` when the WSDL does not describe the module, or not in a form that SAP uses.
 */
export function describeModule(wsdl: Wsdl, name: string): DescribedModule {
  const found = findOperation(wsdl, toXmlName(name));
  if (!found) throw unusableWsdl(name, "It has no operation of that name for SOAP 1.1");
  const { style, input, output } = found.operation.describe(wsdl.definitions);
  if (style !== "documentLiteralWrapped") throw unusableWsdl(name, "Its binding is not document/literal, as SAP's are");
  if (!input.body || !output.body) throw unusableWsdl(name, "Its operation has no input or no output");
  const description = { wsdl, module: name, fields: 0 };
  return {
    wsdl,
    place: found.place,
    interface: {
      name,
      input: describeFields(description, input.body, 0),
      output: describeFields(description, output.body, 0),
      responseName: output.body.qname.name,
    },
  };
}

function findOperation(wsdl: Wsdl, name: string): { operation: SoapOperation; place: OperationPlace } | undefined {
  for (const [service, { ports }] of Object.entries(wsdl.definitions.services)) {
    for (const [port, { binding }] of Object.entries(ports)) {
      const operation = Object.entries(binding?.operations ?? {}).find(([each]) => each === name)?.[1];
      if (operation?.soapVersion === "1.1") return { operation, place: { service, port, name } };
    }
  }
  return undefined;
}

function describeFields(description: Description, parent: ElementDescriptor, depth: number): RfcField[] {
  const { module } = description;
  if (depth > limits.depth) throw unusableWsdl(module, `Its structures are nested deeper than ${limits.depth} levels`);
  description.fields += parent.elements.length;
  if (description.fields > limits.fields) {
    throw new ConnectorError("RESPONSE_TOO_LARGE", `The WSDL of ${module} has more than ${limits.fields} fields.`);
  }
  return parent.elements.map((element) => {
    const xmlName = element.qname.name;
    if (!/^[A-Za-z][\w.-]*$|^_-[\w.-]+$/.test(xmlName))
      throw unusableWsdl(module, "It has a name that ABAP cannot have");
    return {
      name: fromXmlName(xmlName),
      xmlName,
      type: describeElement(description, element, depth + 1),
      isTakenForDate: ["date", "time", "dateTime"].includes(element.type?.name ?? ""),
    };
  });
}

function describeElement(description: Description, element: ElementDescriptor, depth: number): RfcType {
  if (element.isSimple) return describeSimple(description.wsdl, description.module, element);
  const [only] = element.elements;
  // strong-soap takes a type that it does not find for one without fields: their values would be lost without a word.
  if (!only)
    throw unusableWsdl(description.module, `The type of ${element.qname.name} is not in it, nor in what it imports`);
  if (only?.isMany && only.qname.name === "item") {
    const row: RfcType = only.isSimple
      ? describeSimple(description.wsdl, description.module, only)
      : { kind: "structure", fields: describeFields(description, only, depth) };
    return { kind: "table", row };
  }
  return { kind: "structure", fields: describeFields(description, element, depth) };
}
