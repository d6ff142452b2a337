import { isIP } from "node:net";
import { z } from "zod";

const hostAndPort = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]):(\d{1,5})$/i;

/** What a header can carry: printable ASCII without spaces and line breaks. */
export const headerText = z.string().regex(/^[\x21-\x7e]+$/, "has characters that no header can carry.");

/** A list with commas, each part trimmed; empty parts do not count. */
export function list<Item extends z.ZodType<string, string>>(item: Item) {
  return z.string().transform(split).pipe(z.array(item)).optional();
}

/** A {@link list} of at least one, each of which fits `pattern`. */
export function listOfSome(pattern: RegExp, problem: string) {
  const item = z.string().regex(pattern, problem);
  return z
    .string()
    .transform(split)
    .pipe(z.tuple([item], item, "names none."))
    .optional();
}

/** Whether `text` is scheme, host and port of http or https, and nothing else. */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare =
    url.pathname === "/" &&
    !url.hostname.includes("*") &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  return bare && (url.protocol === "http:" || url.protocol === "https:");
}

/** Whether `text` is an IP address, or one with the length of its network: not all addresses, and not nearly all of them. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= (version === 4 ? 32 : 128))
  );
}

/** Whether `text` is an exact host:port. */
export function isHostAndPort(text: string): boolean {
  const port = Number(hostAndPort.exec(text)?.[1]);
  return port >= 1 && port <= 65_535;
}

function split(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
