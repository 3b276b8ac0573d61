/** What differs between Node.js, browsers and others. Nothing is imported from Node.js, so that bundlers need nothing. */

interface NodeProcess {
  env?: Record<string, string | undefined>;
  versions?: { node?: string };
  platform?: string;
  arch?: string;
  getBuiltinModule?(name: string): unknown;
}

const scope = globalThis as unknown as {
  process?: NodeProcess;
  document?: unknown;
  window?: unknown;
  importScripts?: unknown;
  WorkerGlobalScope?: unknown;
};

/** Whether this program runs in a web page or its worker. */
export const isBrowser: boolean =
  (scope.window !== undefined && scope.document !== undefined) ||
  (scope.WorkerGlobalScope !== undefined && typeof scope.importScripts === "function");

export function environmentVariable(name: string): string | undefined {
  return scope.process?.env?.[name]?.trim() || undefined;
}

/** A module of Node.js, or `undefined` elsewhere. */
export function nodeModule<Module>(name: string): Module | undefined {
  return isBrowser ? undefined : (scope.process?.getBuiltinModule?.(name) as Module | undefined);
}

/** For `User-Agent`; `undefined` in browsers, which have their own. */
export function userAgent(version: string): string | undefined {
  if (isBrowser) return undefined;
  const { versions, platform, arch } = scope.process ?? {};
  const program = versions?.node ? `node ${versions.node}` : "unknown";
  return `ai-assistant-sdk-javascript/${version} (${program}; ${platform ?? "unknown"} ${arch ?? ""})`.replace(
    " )",
    ")",
  );
}

/** Milliseconds of a monotonic clock. */
export const monotonic = (): number => performance.now();

/** Waits. An abort ends the wait with the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** A version 4 UUID. `crypto.randomUUID` is missing on pages without TLS. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
