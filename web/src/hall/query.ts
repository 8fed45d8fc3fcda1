// An address of this page with some of what follows the question mark changed.

/** The path and query of an address; an empty value takes a name away. */
export function turned(url: URL, changes: Record<string, string>): string {
  const all = new URLSearchParams(url.searchParams);
  for (const [name, value] of Object.entries(changes)) {
    if (value) all.set(name, value);
    else all.delete(name);
  }
  return `${url.pathname}${all.size ? `?${all}` : ''}`;
}
