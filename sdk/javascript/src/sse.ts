/** Server-sent events, as the HTML standard describes them. */
import { APIResponseError } from "./errors.js";

export interface ServerEvent {
  event: string;
  data: string;
  /** The latest id, possibly of an earlier event. */
  id: string;
}

const LONGEST_LINE = 1 << 20;

/** Decodes bytes into events. Only LF, CR LF and CR end a line. */
export class EventDecoder {
  readonly #utf8 = new TextDecoder();
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";
  #endedWithReturn = false;

  push(bytes: Uint8Array): ServerEvent[] {
    let text = this.#utf8.decode(bytes, { stream: true });
    if (this.#endedWithReturn && text !== "") {
      this.#endedWithReturn = false;
      if (text.startsWith("\n")) text = text.slice(1);
    }
    this.#endedWithReturn ||= text.endsWith("\r");
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop()!;
    if (this.#rest.length > LONGEST_LINE) throw new APIResponseError("The stream has a line of more than 1 MiB.");
    return lines.flatMap((line) => this.#line(line) ?? []);
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatched();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatched(): ServerEvent | undefined {
    const event = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    const isEmpty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return isEmpty ? undefined : event;
  }
}
