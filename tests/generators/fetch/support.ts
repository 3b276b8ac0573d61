// What all journeys with openapi-fetch use.
declare const process: { argv: string[] };

/** The address of the server. */
export const url: string = process.argv[2] ?? "";

/** The body of a successful answer. */
export function must<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  const { data, error, response } = answer;
  if (data === undefined) throw new Error(`${response.status} ${response.url}: ${JSON.stringify(error)}`);
  return data;
}

/** Fails unless both are the same, as JSON. */
export function equal(found: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${left} instead of ${right}`);
}

/** A middleware that adds a credential to every request. */
export function bearing(token: string): { onRequest(given: { request: Request }): Request } {
  return {
    onRequest({ request }) {
      request.headers.set("authorization", `Bearer ${token}`);
      return request;
    },
  };
}
