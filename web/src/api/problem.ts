// A refusal of the server as RFC 9457 tells it, or the lack of any answer.

/** What the server says about one field. */
export interface FieldProblem {
  name: string;
  why: string;
}

/** A request that did not succeed. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The last part of the problem type, such as `not-signed-in`. */
    readonly slug: string,
    readonly title: string,
    readonly detail: string,
    readonly fields: FieldProblem[] = [],
    /** What to tell those who help. */
    readonly request: string | null = null,
    /** Seconds the server asks to wait. */
    readonly retryAfter_s: number | null = null
  ) {
    super(detail || title || slug);
  }
  /** Why the server refuses one field, if it does. */
  field(name: string): string | undefined {
    return this.fields.find((field) => field.name === name)?.why;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Reads whatever body a refusal carries; a body of another kind still yields a problem. */
export function readProblem(status: number, body: unknown, headers: Headers): Problem {
  const raw = (body !== null && typeof body === 'object' ? body : {}) as Record<string, unknown>;
  const type = text(raw.type);
  const slug = type.split(/[:/]/).filter(Boolean).pop() ?? `http-${status}`;
  const list = Array.isArray(raw.fields) ? raw.fields : Array.isArray(raw.errors) ? raw.errors : [];
  const fields: FieldProblem[] = [];
  for (const item of list as Record<string, unknown>[]) {
    const name = text(item?.name) || text(item?.field) || text(item?.pointer).replace(/^#?\//, '');
    if (name) fields.push({ name, why: text(item.why) || text(item.detail) || text(item.reason) });
  }
  const wait = Number(headers.get('retry-after'));
  return new Problem(
    status,
    slug,
    text(raw.title),
    text(raw.detail),
    fields,
    text(raw.trace_id) || text(raw.request_id) || headers.get('x-request-id'),
    Number.isFinite(wait) && wait > 0 ? wait : null
  );
}

/** No answer at all: the network or the server is gone. */
export function unreachable(): Problem {
  return new Problem(0, 'unreachable', '', '');
}
