/** The first tenant's administrator key: the stored one where it still works, otherwise that of a new tenant. */
export async function ensureTenant(state, platformKey, url) {
  if (state.apiKey && (await isAccepted(url, state.apiKey))) return state.apiKey;
  const response = await fetch(`${url}/v1/tenants`, {
    method: "POST",
    headers: { authorization: `Bearer ${platformKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Quickstart", administrator: { name: "Administrator", email: "admin@example.com" } }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`the first tenant could not be made: ${answer.detail ?? response.status}`);
  state.keepApiKey(answer.apiKey.key);
  return answer.apiKey.key;
}

async function isAccepted(url, apiKey) {
  const response = await fetch(`${url}/v1/connectors?limit=1`, { headers: { authorization: `Bearer ${apiKey}` } });
  return response.ok;
}

export function printWelcome({ url, environmentFile, sandboxes }) {
  const width = Math.max(...sandboxes.map(({ vendor }) => vendor.length)) + 10;
  console.log(`
Isthmus is running.

  ${"API".padEnd(width)}${url}
  ${"API reference".padEnd(width)}${url}/docs
${sandboxes.map(({ vendor, url: address }) => `  ${`${vendor} sandbox`.padEnd(width)}${address}`).join("\n")}

A first request, in another terminal in this folder:

  source ${environmentFile}
  curl -s -H "Authorization: Bearer $ISTHMUS_API_KEY" $ISTHMUS_URL/v1/connector-types

Ctrl-C stops all of it. The next start goes on where this one was${describeForgetful(sandboxes)}.
`);
}

function describeForgetful(sandboxes) {
  const names = sandboxes.filter(({ keepsRecords }) => !keepsRecords).map(({ vendor }) => vendor);
  return names.length === 0 ? "" : `; the ${names.join(" and ")} sandbox begins anew`;
}
