import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { FastifyInstance, FastifyReply } from "fastify";

const require = createRequire(import.meta.url);

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Isthmus API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const script = `SwaggerUIBundle({ url: "/openapi.json", domNode: document.getElementById("reference"), docExpansion: "list", deepLinking: true, validatorUrl: null });\n`;

// Swagger UI writes style attributes; everything else comes from here, and nothing from anywhere else.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * `/docs`: the API reference, self-contained. Its two files come from the package of Swagger UI for Fastify and are read
 * when somebody asks: its plugin would cost every start the time of loading a file server.
 */
export function registerDocs(app: FastifyInstance): void {
  const hidden = { schema: { hide: true } as object };
  app.get("/docs", hidden, (_request, reply) =>
    reply.header("content-security-policy", policy).type("text/html; charset=utf-8").send(page),
  );
  app.get("/docs/start.js", hidden, (_request, reply) => reply.type("text/javascript; charset=utf-8").send(script));
  app.get("/docs/swagger-ui-bundle.js", hidden, (_request, reply) =>
    sendFile(reply, "swagger-ui-bundle.js", "text/javascript"),
  );
  app.get("/docs/swagger-ui.css", hidden, (_request, reply) => sendFile(reply, "swagger-ui.css", "text/css"));
}

async function sendFile(reply: FastifyReply, name: string, type: string): Promise<FastifyReply> {
  const content = await readFile(require.resolve(`@fastify/swagger-ui/static/${name}`));
  return reply.header("cache-control", "public, max-age=3600").type(`${type}; charset=utf-8`).send(content);
}
