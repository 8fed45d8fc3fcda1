// A reader of server-sent events that also hears the heart-beat comments, which the
// browser's own EventSource hides: silence and life must not look alike.

/** One event of the stream. */
export interface Told {
  event: string;
  data: string;
  id: string | null;
}

/** Cuts a stream of text into events; feed it pieces of any size. */
export class Cutter {
  #rest = '';
  #event = '';
  #data: string[] = [];
  /** The last id the stream gave, kept across events. */
  lastId: string | null = null;
  /** The wait the server asks for before the next attempt. */
  retry_ms: number | null = null;

  /** Takes a piece and returns the events it completes. */
  feed(piece: string): Told[] {
    const told: Told[] = [];
    const text = this.#rest + piece;
    const lines = text.split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    // A lone CR at the very end may be half of CRLF.
    if (text.endsWith('\r')) {
      this.#rest = (lines.pop() ?? '') + '\r';
    }
    for (const line of lines) {
      const done = this.#line(line);
      if (done) told.push(done);
    }
    return told;
  }

  #line(line: string): Told | null {
    if (line === '') {
      const told = this.#data.length > 0 ? { event: this.#event || 'message', data: this.#data.join('\n'), id: this.lastId } : null;
      this.#event = '';
      this.#data = [];
      return told;
    }
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') {
      if (!value.includes('\0')) this.lastId = value;
    } else if (field === 'retry' && /^\d+$/.test(value)) this.retry_ms = Number(value);
    return null;
  }
}
