// The two languages of the house. Indonesian is the source: its keys and its
// {placeholders} type every other language, so a missing word does not compile.
// Each room keeps its own words, and a page brings those it needs: a reader on a
// thin line pays for no other room's.
import type { id as card } from '$card/words/id';
import type { id as door } from '$hall/words/door.id';
import type { id as hall } from '$hall/words/id';
import type { id as verbs } from '$hall/words/verbs.id';
import type { id as field } from '$reach/field/words/id';
import type { id as reach } from '$reach/words/id';
import type { id as devices } from '$watch/devices/words/id';
import type { id as watch } from '$watch/words/id';
import { id as shell } from './words/id';

type Source = typeof shell & typeof hall & typeof door & typeof verbs & typeof watch & typeof devices & typeof reach & typeof field & typeof card;
/** Every key of the catalogue. */
export type Key = keyof Source;
/** The languages a reader can choose. */
export type Language = 'id' | 'en';
/** Whose words there are beside those that every page has. */
export type Room = 'hall' | 'door' | 'verbs' | 'watch' | 'devices' | 'reach' | 'field' | 'card';

type Words = Partial<Record<Key, string>>;
type Holes<S extends string> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never;
/** The values a key needs, none for a plain sentence. */
export type Values<K extends Key> = [Holes<Source[K]>] extends [never] ? [] : [values: Record<Holes<Source[K]>, string | number>];

const books: Record<Room | 'shell', Record<Language, () => Promise<Words>>> = {
  shell: { id: async () => shell, en: async () => (await import('./words/en')).en },
  hall: { id: async () => (await import('$hall/words/id')).id, en: async () => (await import('$hall/words/en')).en },
  door: { id: async () => (await import('$hall/words/door.id')).id, en: async () => (await import('$hall/words/door.en')).en },
  verbs: { id: async () => (await import('$hall/words/verbs.id')).id, en: async () => (await import('$hall/words/verbs.en')).en },
  watch: { id: async () => (await import('$watch/words/id')).id, en: async () => (await import('$watch/words/en')).en },
  devices: { id: async () => (await import('$watch/devices/words/id')).id, en: async () => (await import('$watch/devices/words/en')).en },
  reach: { id: async () => (await import('$reach/words/id')).id, en: async () => (await import('$reach/words/en')).en },
  field: { id: async () => (await import('$reach/field/words/id')).id, en: async () => (await import('$reach/field/words/en')).en },
  card: { id: async () => (await import('$card/words/id')).id, en: async () => (await import('$card/words/en')).en }
};

const spoken = $state<{ language: Language; words: Words }>({ language: 'id', words: shell });
const learned = new Set<Room | 'shell'>(['shell']);
let wanted: Language = 'id';

/** The language in use now. */
export function language(): Language {
  return spoken.language;
}

/** Changes the language; English is fetched only by those who read it. */
export async function speak(next: Language): Promise<void> {
  wanted = next;
  await settle();
}

/** Brings the words of rooms; a page asks for them before it is shown. */
export async function learn(...rooms: Room[]): Promise<void> {
  for (const room of rooms) learned.add(room);
  await settle();
}

// What was asked for while something was fetched is fetched with it: nobody who
// waits is let go before all of his words are there.
async function settle(): Promise<void> {
  let [next, count] = [wanted, 0];
  let all: Words[] = [];
  do {
    [next, count] = [wanted, learned.size];
    all = await Promise.all([...learned].map((book) => books[book][next]()));
  } while (next !== wanted || count !== learned.size);
  spoken.words = Object.assign({}, ...all);
  spoken.language = next;
  document.documentElement.lang = next;
}

/**
 * Puts values into a sentence. `{n}` is the value; `{n|one|many}` chooses by it,
 * for languages that tell one from many.
 */
export function fill(sentence: string, values: Record<string, string | number> = {}): string {
  return sentence.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined) return String(value);
    return String(value) === '1' ? one : (many ?? '');
  });
}

/** The sentence of a key in the language in use. */
export function t<K extends Key>(key: K, ...values: Values<K>): string {
  return fill(spoken.words[key] ?? key, values[0] as Record<string, string | number> | undefined);
}

/** A sentence whose key is composed at run time, or undefined where the catalogue has none. */
export function maybe(key: string): string | undefined {
  return spoken.words[key as Key];
}
