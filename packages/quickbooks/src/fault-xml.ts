/** Faults that Intuit writes as XML, in the form of its JSON. */
export interface XmlFault {
  readonly Fault: { readonly type?: string; readonly Error: readonly XmlError[] };
}

interface XmlError {
  readonly code?: string;
  readonly element?: string;
  readonly Message?: string;
  readonly Detail?: string;
}

/** Characters; the longest known fault has 600. */
const longest = 64 * 1024;
const mostErrors = 20;
const deepest = 8;

/**
 * The fault of an XML body: some of Intuit's gateways answer in XML whatever the request accepts.
 *
 * Reads what Intuit documents, an `IntuitResponse` with a `Fault` or a bare `Fault`, in one pass over at most 64 KB. A document
 * type is refused, so that no entity but XML's own five and characters by number is ever put in.
 *
 * @returns `undefined` for everything else, such as the page of a proxy.
 * @see https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
 */
export function readXmlFault(text: string): XmlFault | undefined {
  if (!/^\uFEFF?\s*</.test(text) || !text.includes("Fault")) return undefined;
  const errors: Record<keyof XmlError, string | undefined>[] = [];
  let type: string | undefined;
  const path: string[] = [];
  for (const token of tokensOf(text.slice(0, longest))) {
    const place = pathInFault(path);
    if (token === undefined) return undefined;
    if (token.kind === "text") {
      const error = errors.at(-1);
      if (error && place === "Error/Message") error.Message = (error.Message ?? "") + token.text;
      if (error && place === "Error/Detail") error.Detail = (error.Detail ?? "") + token.text;
    } else if (token.kind === "end") {
      if (path.pop() !== token.name) return undefined;
      if (place === "" && errors.length > 0) return toFault(type, errors);
    } else {
      path.push(token.name);
      const opened = pathInFault(path);
      if (opened === "") type = token.attributes.get("type");
      if (opened === "Error") {
        const { attributes } = token;
        errors.push({
          code: attributes.get("code"),
          element: attributes.get("element"),
          Message: undefined,
          Detail: undefined,
        });
      }
      if (token.closed) path.pop();
      if (path.length > deepest || errors.length > mostErrors) return undefined;
    }
  }
  // It broke off before the fault had ended.
  return undefined;
}

/** What of a path is below the fault: "" for the fault itself; `undefined` outside of it. */
function pathInFault(path: readonly string[]): string | undefined {
  const inside = path[0] === "IntuitResponse" ? path.slice(1) : path;
  return inside[0] === "Fault" ? inside.slice(1).join("/") : undefined;
}

function toFault(type: string | undefined, errors: readonly Record<keyof XmlError, string | undefined>[]): XmlFault {
  const given = errors.map(({ code, element, Message, Detail }) => ({
    ...(code !== undefined && { code }),
    ...(element !== undefined && { element }),
    ...(Message !== undefined && { Message: Message.trim() }),
    ...(Detail !== undefined && { Detail: Detail.trim() }),
  }));
  return { Fault: { ...(type !== undefined && { type }), Error: given } };
}

type Token =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "end"; readonly name: string }
  | {
      readonly kind: "start";
      readonly name: string;
      readonly attributes: ReadonlyMap<string, string>;
      readonly closed: boolean;
    };

const startTag = /<(?:[\w.-]+:)?([\w.-]+)/y;
const endTag = /<\/(?:[\w.-]+:)?([\w.-]+)\s*>/y;
const attribute = /\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /\s*(\/?)>/y;

/** What stands between the parts of a document; `undefined` where it is not well formed. Names without their prefix. */
function* tokensOf(text: string): Generator<Token | undefined> {
  for (let at = 0; at < text.length; ) {
    if (text.startsWith("<![CDATA[", at)) {
      const end = text.indexOf("]]>", at);
      if (end === -1) return yield undefined;
      const content = text.slice(at + 9, end);
      at = end + 3;
      yield { kind: "text", text: content };
    } else if (text.startsWith("<!--", at) || text.startsWith("<?", at)) {
      const [closing, from] = text.startsWith("<?", at) ? (["?>", at + 2] as const) : (["-->", at + 4] as const);
      const end = text.indexOf(closing, from);
      if (end === -1) return yield undefined;
      at = end + closing.length;
    } else if (text.startsWith("</", at)) {
      const name = matchAt(endTag, text, at)?.[1];
      if (name === undefined) return yield undefined;
      at = endTag.lastIndex;
      yield { kind: "end", name };
    } else if (text.startsWith("<", at)) {
      const name = matchAt(startTag, text, at)?.[1];
      if (name === undefined) return yield undefined;
      at = startTag.lastIndex;
      const attributes = new Map<string, string>();
      for (let found = matchAt(attribute, text, at); found; found = matchAt(attribute, text, at)) {
        attributes.set(found[1] ?? "", decode(found[2] ?? found[3] ?? ""));
        at = attribute.lastIndex;
      }
      const end = matchAt(tagEnd, text, at);
      if (!end) return yield undefined;
      at = tagEnd.lastIndex;
      yield { kind: "start", name, attributes, closed: end[1] === "/" };
    } else {
      const next = text.indexOf("<", at);
      const end = next === -1 ? text.length : next;
      yield { kind: "text", text: decode(text.slice(at, end)) };
      at = end;
    }
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|(amp|lt|gt|quot|apos));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[name] ?? whole;
    const point = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff) ? String.fromCodePoint(point) : whole;
  });
}
