import type { FastifyInstance } from "fastify";

/** JSON is the only media type of bodies; an empty body that calls itself JSON is no body, as many clients send it. */
export function acceptEmptyJson(app: FastifyInstance): void {
  // "error": keys such as __proto__ are refused, not passed on.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body, done);
  });
}
