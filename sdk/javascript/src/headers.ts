/** What headers of answers say. */

/** Milliseconds to wait, from `Retry-After` in seconds or as a date. `null` without one. */
export function retryAfter(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim();
  if (!value) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** A parameter of a structured header: `r` of `"api";r=0;t=1`. */
export function parameter(header: string, name: string): number | null {
  const found = new RegExp(`;\\s*${name}=(\\d+)`).exec(header);
  return found ? Number(found[1]) : null;
}
