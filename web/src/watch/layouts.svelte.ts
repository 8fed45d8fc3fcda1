// The saved arrangements of this person, and those that are shared with him.
import { api, take } from '$api/client.svelte';
import type { Layout } from '$api/model';
import { Reader } from '$shell/reader.svelte';
import { gridOf, type Saved, type Wall } from './wall';

/** All of them, by slug. */
export const layouts = new Reader(async () => {
  const all: Layout[] = [];
  let cursor: string | undefined;
  do {
    const page = await take(api.GET('/api/v1/layouts', { params: { query: { limit: 5000, ...(cursor ? { cursor } : {}) } } }));
    all.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor);
  return all;
});

function put(layout: Layout): Layout {
  const rest = (layouts.value ?? []).filter((each) => each.id !== layout.id);
  layouts.value = [...rest, layout].sort((a, b) => a.name.localeCompare(b.name, 'id', { numeric: true }));
  return layout;
}

/** What a wall takes from an arrangement. */
export function savedOf(layout: Layout): Saved {
  return { slug: layout.slug, grid: gridOf(layout.grid) ?? 9, cameras: layout.everything ? null : layout.cameras, turn_s: layout.turn_s };
}

/** Saves a wall as a new arrangement. The key makes a repeated request one. */
export async function saveAs(wall: Wall, name: string, shared: boolean, key: string): Promise<Layout> {
  const cameras = wall.cameras === null ? { everything: true } : { cameras: wall.cameras };
  const body = { name, shared, grid: wall.grid, turn_s: wall.turn_s, ...cameras };
  return put(await take(api.POST('/api/v1/layouts', { params: { header: { 'Idempotency-Key': key } }, body })));
}

/** Saves over an arrangement what differs on the wall, so that cameras beyond this person's rights stay. */
export async function saveOver(layout: Layout, wall: Wall): Promise<Layout> {
  const was = savedOf(layout);
  const cameras = wall.cameras?.join() === was.cameras?.join() ? {} : wall.cameras === null ? { everything: true } : { cameras: wall.cameras };
  const body = { grid: wall.grid, turn_s: wall.turn_s, ...cameras };
  return put(await take(api.PATCH('/api/v1/layouts/{layout}', { params: { path: { layout: layout.id } }, body })));
}

/** Renames an arrangement, and offers it to others or takes it back. */
export async function rename(layout: Layout, name: string, shared: boolean): Promise<Layout> {
  const body = { name, ...(shared === layout.shared ? {} : { shared }) };
  return put(await take(api.PATCH('/api/v1/layouts/{layout}', { params: { path: { layout: layout.id } }, body })));
}

/** Takes an arrangement away. */
export async function remove(layout: Layout): Promise<void> {
  await take(api.DELETE('/api/v1/layouts/{layout}', { params: { path: { layout: layout.id } } }));
  layouts.value = (layouts.value ?? []).filter((each) => each.id !== layout.id);
}
