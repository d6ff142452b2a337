import { type ResponseHeaders, redactText, type VendorFault } from "@isthmus/core";
import { z } from "zod";

/** One error of a fault. Intuit's API spells the keys in upper case, its gateway in lower case. */
const errorSchema = z
  .looseObject({
    Message: z.string().optional(),
    message: z.string().optional(),
    Detail: z.string().optional(),
    detail: z.string().optional(),
    code: z.coerce.string().optional(),
    element: z.string().optional(),
  })
  .transform(({ Message, message, Detail, detail, code, element }) => ({
    message: Message ?? message,
    detail: Detail ?? detail,
    code,
    element,
  }));

const errorsSchema = z.array(errorSchema).min(1);
const upperSchema = z.looseObject({ Fault: z.looseObject({ Error: errorsSchema, type: z.string().optional() }) });
const lowerSchema = z.looseObject({ fault: z.looseObject({ error: errorsSchema, type: z.string().optional() }) });
const paymentsSchema = z.looseObject({ errors: errorsSchema });

const faultSchema = z.union([
  upperSchema.transform(({ Fault: { Error: errors, type } }) => ({ errors, type })),
  lowerSchema.transform(({ fault: { error: errors, type } }) => ({ errors, type })),
  paymentsSchema.transform(({ errors }) => ({ errors, type: undefined })),
]);

/** A fault of Intuit's, of any of its shapes. */
export interface Fault extends VendorFault {
  /** Intuit's kind of it, such as `ValidationFault` or `AUTHENTICATION`. */
  readonly type?: string;
  /** The unshortened words, to recognise a fault by: never for a message or a log. */
  readonly words: string;
}

/**
 * What a body says of a failure; `undefined` when it says nothing. An answer of status 200 may hold one, too.
 *
 * @param body - As `parseAnswerBody` gives it.
 */
export function readFault(body: unknown, headers: ResponseHeaders, status: number): Fault | undefined {
  // The schema costs more than all the rest of a call, and most answers are none.
  if (typeof body !== "object" || body === null || !("Fault" in body || "fault" in body || "errors" in body))
    return undefined;
  const parsed = faultSchema.safeParse(body, { reportInput: false });
  if (!parsed.success) return undefined;
  const { errors, type } = parsed.data;
  const [first] = errors;
  const words = errors.map(({ message = "", detail = "" }) => `${message} ${detail}`).join(" ");
  const fields = errors.flatMap(({ element }) =>
    element !== undefined && /^[\w.]{1,80}$/.test(element) ? [element] : [],
  );
  const code = first?.code;
  const message = cleanMessage(first?.message ?? "");
  const requestId = requestIdOf(headers);
  return {
    words,
    status,
    ...(type !== undefined && { type }),
    ...(code !== undefined && /^[\w-]{1,40}$/.test(code) && { code }),
    ...(message !== "" && { message }),
    ...(requestId !== undefined && { requestId }),
    ...(fields.length > 0 && { fields }),
  };
}

/** What Intuit's support asks for. */
export function requestIdOf(headers: ResponseHeaders): string | undefined {
  const value = headers.intuit_tid;
  return typeof value === "string" && /^[\w.:-]{1,100}$/.test(value) ? value : undefined;
}

/**
 * The headline alone, without what it may quote. `Detail` is left out: it names customers, documents and amounts
 * ("Another customer is already using this name: …").
 */
function cleanMessage(message: string): string {
  const headline = message.split(/[:\n]/, 1)[0] ?? "";
  return redactText(headline)
    .replace(/(["'])(?:\\.|(?!\1)[^\\])*\1/g, "'[…]'")
    .replace(/\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/g, "[…]")
    .replace(/\b\d{5,}\b/g, "[…]")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);
}
