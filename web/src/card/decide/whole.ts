// Whether a file of a whole annex is whole: its last line says so, with the number of rows and
// the SHA-256 of all octets before it. Pure.

export interface LastLine {
  rows: number;
  sha256: string;
  /** Where it begins: all octets before it are hashed. */
  from: number;
}

const [CR, LF] = [13, 10];
/** A last line is no longer than that. */
const MOST = 4096;

/** The line that says that a file is whole; null where it does not end with one. */
export function lastLine(file: ArrayBuffer): LastLine | null {
  const octets = new Uint8Array(file);
  let end = octets.length;
  while (end > 0 && (octets[end - 1] === LF || octets[end - 1] === CR)) end--;
  let from = end;
  while (from > 0 && end - from < MOST && octets[from - 1] !== LF) from--;
  const text = new TextDecoder().decode(octets.subarray(from, end));
  const [, rows] = /^UTUH[,;](\d{1,12})[,;]/.exec(text) ?? [];
  const sha256 = /\b[0-9a-f]{64}\b/.exec(text)?.[0];
  return rows && sha256 ? { rows: Number(rows), sha256, from } : null;
}

/** How many rows a file has that came whole; null where a part is missing or was changed on the way. */
export async function wholeRows(file: ArrayBuffer): Promise<number | null> {
  const last = lastLine(file);
  if (!last) return null;
  // Without a secure context a browser computes no hash; then the line is believed.
  if (!globalThis.crypto?.subtle) return last.rows;
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(file, 0, last.from));
  const hex = [...new Uint8Array(digest)].map((octet) => octet.toString(16).padStart(2, '0')).join('');
  return hex === last.sha256 ? last.rows : null;
}
