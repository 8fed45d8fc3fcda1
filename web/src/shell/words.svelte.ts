// The two languages of the house. Indonesian is the source: its keys and its
// {placeholders} type every other language, so a missing word does not compile.
import { id } from './words/id';

/** Every key of the catalogue. */
export type Key = keyof typeof id;
/** What a second language must hold. */
export type Words = Record<Key, string>;
/** The languages a reader can choose. */
export type Language = 'id' | 'en';

type Holes<S extends string> = S extends `${string}{${infer Hole}}${infer Rest}` ? Hole | Holes<Rest> : never;
/** The values a key needs, none for a plain sentence. */
export type Values<K extends Key> = [Holes<(typeof id)[K]>] extends [never]
  ? []
  : [values: Record<Holes<(typeof id)[K]>, string | number>];

const spoken = $state<{ language: Language; words: Words }>({ language: 'id', words: id });

/** The language in use now. */
export function language(): Language {
  return spoken.language;
}

/** Changes the language; English is fetched only by those who read it. */
export async function speak(next: Language): Promise<void> {
  const words = next === 'en' ? (await import('./words/en')).en : id;
  spoken.words = words;
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
  return fill(spoken.words[key], values[0] as Record<string, string | number> | undefined);
}

/** A sentence whose key is composed at run time, or undefined where the catalogue has none. */
export function maybe(key: string): string | undefined {
  return key in spoken.words ? spoken.words[key as Key] : undefined;
}
