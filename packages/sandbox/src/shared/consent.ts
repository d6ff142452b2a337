/**
 * What a person does on a sandbox's consent page, without a browser: reads its form, chooses the first account, and sends it.
 *
 * @param authorizationUrl - Where the program sends the person.
 * @returns the callback's address, with its query. Nothing is fetched from there.
 * @throws {Error} when the page does not lead back.
 */
export async function decideConsent(authorizationUrl: string, decision: "allow" | "deny"): Promise<string> {
  const page = await (await fetch(authorizationUrl)).text();
  const textOf = (pattern: RegExp) => pattern.exec(page)?.[1] ?? "";
  const body = new URLSearchParams({
    request: textOf(/name="request" value="([^"]+)"/),
    username: textOf(/<option value="([^"]+)"/),
    decision,
  });
  const action = new URL(textOf(/action="([^"]+)"/), authorizationUrl);
  const answer = await fetch(action, { method: "POST", body, redirect: "manual" });
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`The consent page answered ${answer.status} without a redirect.`);
  return location;
}
