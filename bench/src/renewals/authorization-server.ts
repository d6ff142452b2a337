import { createServer } from "node:http";

// A token endpoint that rotates: each refresh token is good once. Answers after the milliseconds that it is told.
const delayMs = Number(process.argv[2] ?? 0);
let calls = 0;
const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => {
    calls += 1;
    const refreshToken = `${new URLSearchParams(body).get("refresh_token")}x`;
    const answer = JSON.stringify({
      access_token: `access-${calls}`,
      refresh_token: refreshToken,
      token_type: "Bearer",
      expires_in: 3600,
      instance_url: "https://bench.my.salesforce.com",
    });
    const send = () => response.writeHead(200, { "content-type": "application/json" }).end(answer);
    if (delayMs === 0) send();
    else setTimeout(send, delayMs);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});
