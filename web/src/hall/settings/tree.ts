// A flat list with parents, in the order a tree is read.
import type { Agency } from '$api/model';

/** One agency and where it stands. */
export interface Branch {
  agency: Agency;
  depth: number;
  /** Ids from the top down to the parent. */
  above: string[];
}

/** Orders agencies as a tree; one whose parent is not here stands at the top, none is lost. */
export function tree(agencies: Agency[]): Branch[] {
  const known = new Set(agencies.map((a) => a.id));
  const below = new Map<string, Agency[]>();
  for (const agency of [...agencies].sort((a, b) => a.name.localeCompare(b.name, 'id'))) {
    const parent = agency.parent && known.has(agency.parent) ? agency.parent : '';
    below.set(parent, [...(below.get(parent) ?? []), agency]);
  }
  const rows: Branch[] = [];
  const placed = new Set<string>();
  const walk = (parent: string, above: string[]) => {
    for (const agency of below.get(parent) ?? []) {
      if (placed.has(agency.id)) continue;
      placed.add(agency.id);
      rows.push({ agency, depth: above.length, above });
      walk(agency.id, [...above, agency.id]);
    }
  };
  walk('', []);
  // A ring of parents has no top; it is shown flat so that it can be mended.
  for (const agency of agencies) if (!placed.has(agency.id)) rows.push({ agency, depth: 0, above: [] });
  return rows;
}
