// What the phone keeps, in IndexedDB. Each change is one transaction that is on the disk
// before anybody is told that it is done; either all of it is there or nothing.
import { outlived, type Draft, type Entry, type Told } from './outbox';
import type { Stage } from './way';

/** A point as it was downloaded, with whom to call there. */
export interface Point {
  id: string;
  name: string;
  kind: string;
  village: { code: string; name: string };
  point: { lat_deg: number; lon_deg: number } | null;
  state: Stage;
  state_us: number | null;
  retired_us: number | null;
  site: string | null;
}

/** A site as it was downloaded. */
export interface Place {
  id: string;
  name: string;
  area: string;
  state: string;
  contact_name: string | null;
  contact_phone: string | null;
}

/** Who was here last, by what the house said. */
export interface Person {
  id: string;
  name: string;
  permissions: string[];
}

/** Of what there is a download, and since when. */
export interface Work {
  area: string;
  name: string;
  person: string;
  points: number;
  /** By the phone's clock, in milliseconds. */
  at_ms: number;
}

const NAME = 'betang-lapangan';
const VERSION = 1;
const STORES = ['kept', 'points', 'places', 'work', 'drafts', 'entries', 'photos'] as const;
type Store = (typeof STORES)[number];
const keys: Record<Store, string | null> = { kept: null, points: 'id', places: 'id', work: 'area', drafts: 'point', entries: 'id', photos: null };

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((done, refuse) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store, keys[store] === null ? {} : { keyPath: keys[store] });
    };
    request.onsuccess = () => {
      const db = request.result;
      // A newer page in another tab may need another shape; and a browser may close it.
      db.onversionchange = () => db.close();
      db.onclose = () => (opened = null);
      done(db);
    };
    request.onerror = () => refuse(request.error ?? new Error('indexedDB'));
  });
  opened.catch(() => (opened = null));
  return opened;
}

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, refuse) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => refuse(request.error ?? new Error('indexedDB'));
  });
}

async function read<T>(store: Store, ask: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open();
  return asked(ask(db.transaction(store).objectStore(store)));
}

/** All changes that the function makes, or none. It may not wait for anything else. */
async function change(stores: readonly Store[], make: (of: (store: Store) => IDBObjectStore) => void): Promise<void> {
  const db = await open();
  const tx = db.transaction(stores, 'readwrite', { durability: 'strict' });
  const ended = new Promise<void>((done, refuse) => {
    tx.oncomplete = () => done();
    tx.onerror = tx.onabort = () => refuse(tx.error ?? new Error('indexedDB'));
  });
  try {
    make((store) => tx.objectStore(store));
  } catch (failure) {
    tx.abort();
    await ended.catch(() => undefined);
    throw failure;
  }
  await ended;
}

/** Whether a failure says that the phone has no room left. */
export function isFull(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === 'QuotaExceededError';
}

export const person = () => read<Person | undefined>('kept', (store) => store.get('person'));
export const keepPerson = (person: Person) => change(['kept'], (of) => of('kept').put({ ...person }, 'person'));
export const points = () => read<Point[]>('points', (store) => store.getAll());
export const places = () => read<Place[]>('places', (store) => store.getAll());
export const work = () => read<Work[]>('work', (store) => store.getAll());
export const drafts = () => read<Draft[]>('drafts', (store) => store.getAll());
export const photo = async (id: string): Promise<ArrayBuffer | null> => (await read<ArrayBuffer | undefined>('photos', (store) => store.get(id))) ?? null;

/** All entries, in the order in which they were saved. */
export async function entries(): Promise<Entry[]> {
  return (await read<Entry[]>('entries', (store) => store.getAll())).sort((a, b) => a.order - b.order);
}

export const put = (entry: Entry) => change(['entries'], (of) => of('entries').put(entry));

/** Takes the house's word for a point that is kept here. */
export async function told(point: Told): Promise<void> {
  const known = await read<Point | undefined>('points', (store) => store.get(point.id));
  if (!known) return;
  const { state, state_us, site, retired_us } = point;
  await change(['points'], (of) => of('points').put({ ...known, state, state_us, site, retired_us }));
}

function inside(code: string, area: string): boolean {
  return code === area || code.startsWith(`${area}.`);
}

/** Puts a download in the place of what was there of its area, whole. */
export async function keepWork(work: Work, news: readonly Point[], sites: readonly Place[]): Promise<void> {
  const [oldPoints, oldPlaces, oldWork] = await Promise.all([points(), places(), read<Work[]>('work', (store) => store.getAll())]);
  await change(['points', 'places', 'work'], (of) => {
    for (const one of oldPoints) if (inside(one.village.code, work.area)) of('points').delete(one.id);
    for (const one of oldPlaces) if (inside(one.area, work.area)) of('places').delete(one.id);
    // A district that was fetched before is in its regency's download.
    for (const one of oldWork) if (inside(one.area, work.area)) of('work').delete(one.area);
    for (const one of news) of('points').put(one);
    for (const one of sites) of('places').put(one);
    of('work').put(work);
  });
}

/** Forgets what was downloaded, and with `all` also who was here. Entries stay. */
export const forgetWork = (all: boolean) =>
  change(['points', 'places', 'work', 'kept'], (of) => {
    for (const store of ['points', 'places', 'work'] as const) of(store).clear();
    if (all) of('kept').delete('person');
  });

/** Keeps a draft, and the photograph with it if there is a new one; null: it is taken out. */
export const keepDraft = (draft: Draft, octets?: ArrayBuffer | null) =>
  change(['drafts', 'photos'], (of) => {
    of('drafts').put(draft);
    if (octets) of('photos').put(octets, draft.id);
    if (octets === null) of('photos').delete(draft.id);
  });

export const dropDraft = (draft: Draft) =>
  change(['drafts', 'photos'], (of) => {
    of('drafts').delete(draft.point);
    of('photos').delete(draft.id);
  });

/** A draft becomes entries: `add` refuses a second one of the same id. */
export const finish = (draft: Draft, made: readonly Entry[]) =>
  change(['drafts', 'entries'], (of) => {
    for (const entry of made) of('entries').add(entry);
    of('drafts').delete(draft.point);
  });

/** An entry becomes a draft again, under an id of its own, with its photograph. */
export const reopen = (entry: Entry, draft: Draft, octets: ArrayBuffer | null) =>
  change(['drafts', 'entries', 'photos'], (of) => {
    of('entries').delete(entry.id);
    of('photos').delete(entry.id);
    of('drafts').put(draft);
    if (octets) of('photos').put(octets, draft.id);
  });

/** An entry is done: its photograph lies in the house, or nobody wants it. */
export const done = (entry: Entry) =>
  change(['entries', 'photos'], (of) => {
    of('entries').put(entry);
    if (entry.standing === 'accepted') of('photos').delete(entry.id);
  });

/** Forgets what was done long ago. */
export async function tidy(now_ms: number): Promise<void> {
  const old = outlived(await entries(), now_ms);
  if (old.length === 0) return;
  await change(['entries', 'photos'], (of) => {
    for (const entry of old) {
      of('entries').delete(entry.id);
      of('photos').delete(entry.id);
    }
  });
}
