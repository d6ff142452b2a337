/** How one of SAP's two SOAP services for function modules writes: the old handler, or the web service runtime. */
export interface SoapDialect {
  /** @throws {SoapRefusal} for a SOAPAction (without its quotes) that the service does not take. */
  assertSoapAction(action: string, functionName: string): void;
  /** An envelope around what a function module exports. */
  writeResponse(functionName: string, content: string): string;
  /** A fault. Rethrows what is none of SAP's errors. */
  writeFault(error: unknown, functionName: string): string;
}
