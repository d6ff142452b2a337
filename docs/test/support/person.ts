/**
 * What a person does with the connect address: opens it, clicks Allow on the vendor's page, and is brought back. Plain
 * HTTP with a cookie jar, as a browser does it.
 *
 * @returns the page that they end on.
 */
export async function allow(authorizationUrl: string): Promise<{ readonly status: number; readonly text: string }> {
  const cookies = new Map<string, string>();
  const vendorPage = await follow(authorizationUrl, cookies);
  const html = await vendorPage.response.text();
  const form = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input[^>]+type="hidden"[^>]*>/g)) {
    const name = tag.match(/name="([^"]*)"/)?.[1];
    if (name) form.set(name, decodeEntities(tag.match(/value="([^"]*)"/)?.[1] ?? ""));
  }
  // A browser sends the first choice of a list that nobody has touched.
  const [, list, choice] = html.match(/<select[^>]+name="([^"]*)"[\s\S]*?<option[^>]*value="([^"]*)"/) ?? [];
  if (list !== undefined) form.set(list, decodeEntities(choice ?? ""));
  const button = html.match(/<button[^>]*>\s*Allow\s*<\/button>/)?.[0] ?? "";
  const name = button.match(/name="([^"]*)"/)?.[1];
  if (!name) throw new Error(`There is no Allow button on ${vendorPage.url}:\n${html}`);
  form.set(name, button.match(/value="([^"]*)"/)?.[1] ?? "");
  const action = new URL(decodeEntities(html.match(/<form[^>]+action="([^"]*)"/)?.[1] ?? ""), vendorPage.url);
  const last = await follow(action.href, cookies, { method: "POST", body: form });
  return { status: last.response.status, text: await last.response.text() };
}

async function follow(url: string, cookies: Map<string, string>, init: RequestInit = {}) {
  let next = url;
  let options = init;
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(next, { ...options, redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    const location = response.headers.get("location");
    if (!location) return { response, url: next };
    next = new URL(location, next).href;
    options = {};
  }
  throw new Error("Redirected for ever.");
}

function decodeEntities(text: string): string {
  return text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&#x3D;", "=")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
