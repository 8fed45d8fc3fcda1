import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { en as cardEn } from '$card/words/en';
import { id as card } from '$card/words/id';
import { en as doorEn } from '$hall/words/door.en';
import { id as door } from '$hall/words/door.id';
import { en as hallEn } from '$hall/words/en';
import { id as hall } from '$hall/words/id';
import { en as verbsEn } from '$hall/words/verbs.en';
import { id as verbs } from '$hall/words/verbs.id';
import { en as fieldEn } from '$reach/field/words/en';
import { id as field } from '$reach/field/words/id';
import { en as reachEn } from '$reach/words/en';
import { id as reach } from '$reach/words/id';
import { en as devicesEn } from '$watch/devices/words/en';
import { id as devices } from '$watch/devices/words/id';
import { en as watchEn } from '$watch/words/en';
import { id as watch } from '$watch/words/id';
import { en as shellEn } from './words/en';
import { id as shell } from './words/id';

const books = { shell: [shell, shellEn], hall: [hall, hallEn], door: [door, doorEn], verbs: [verbs, verbsEn], watch: [watch, watchEn], devices: [devices, devicesEn], reach: [reach, reachEn], field: [field, fieldEn], card: [card, cardEn] };

// Which words are there when something in a folder is shown.
const brings: Record<string, (keyof typeof books)[]> = {
  api: ['shell'],
  shell: ['shell'],
  hall: ['shell', 'hall'],
  'hall/door': ['shell', 'door'],
  'hall/factor': ['shell', 'hall', 'door'],
  'hall/settings': ['shell', 'hall', 'door'],
  watch: ['shell', 'hall', 'watch'],
  'watch/devices': ['shell', 'hall', 'watch', 'devices'],
  reach: ['shell', 'hall', 'reach'],
  card: ['shell', 'hall', 'card'],
  // On the page of the situation, which brings no other word of the room.
  'card/cards': ['shell', 'hall'],
  map: ['shell', 'hall', 'watch', 'reach'],
  'reach/field': ['shell', 'field'],
  'routes/masuk': ['shell'],
  'routes/lapangan': ['shell', 'field'],
  'routes/layar': ['shell', 'hall'],
  'routes/audit': ['shell', 'hall', 'verbs'],
  'routes/pengaturan': ['shell', 'hall', 'door'],
  'routes/kejadian': ['shell', 'hall'],
  'routes/desa': ['shell', 'hall', 'reach'],
  'routes/kartu': ['shell', 'hall', 'card', 'verbs'],
  'routes/konektivitas': ['shell', 'hall', 'reach'],
  'routes/situasi': ['shell', 'hall', 'watch', 'reach'],
  'routes/peta': ['shell', 'hall', 'watch', 'reach'],
  'routes/kamera': ['shell', 'hall', 'watch']
};
const src = join(import.meta.dirname, '..');

function texts(folder: string): [string, string][] {
  return readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(svelte|ts)$/.test(name) && !name.includes('words/') && !name.endsWith('.test.ts'))
    // What a folder inside brings is its own.
    .filter((name) => !Object.keys(brings).some((other) => other.startsWith(`${folder}/`) && join(folder, name).startsWith(`${other}/`)))
    .map((name) => [join(folder, name), readFileSync(join(src, folder, name), 'utf8')]);
}

describe('the catalogues', () => {
  test.each(Object.entries(books))('%s is sorted, and no other has its keys', (name, [id]) => {
    const keys = Object.keys(id!);
    expect(keys).toEqual([...keys].sort());
    for (const [other, [words]] of Object.entries(books)) {
      if (other !== name) expect(keys.filter((key) => key in words!)).toEqual([]);
    }
  });
  test.each(Object.entries(books))('%s leaves the same places open in both languages', (_, [id, en]) => {
    const holes = (sentence: string) => [...new Set([...sentence.matchAll(/\{(\w+)/g)].map(([, hole]) => hole))].sort();
    for (const [key, sentence] of Object.entries(id!)) expect([key, ...holes((en as Record<string, string>)[key]!)]).toEqual([key, ...holes(sentence)]);
  });
});

describe('words are there where they are used', () => {
  const every = Object.assign({}, ...Object.values(books).map(([id]) => id)) as Record<string, string>;
  test.each(Object.entries(brings))('%s', (folder, rooms) => {
    const there = Object.assign({}, ...rooms.map((room) => books[room][0])) as Record<string, string>;
    const strange = texts(folder).flatMap(([file, text]) =>
      [...text.matchAll(/'([a-z]+(?:\.[a-z_.]+)+)'/g)].filter(([, key]) => key! in every && !(key! in there)).map(([, key]) => `${file}: ${key}`)
    );
    expect(strange).toEqual([]);
  });
  test('a page brings what it says', () => {
    for (const [folder, rooms] of Object.entries(brings).filter(([folder]) => folder.startsWith('routes/'))) {
      const load = texts(folder).find(([file]) => file === join(folder, '+layout.ts') || file === join(folder, '+page.ts'))?.[1] ?? '';
      expect([folder, ...rooms.filter((room) => room !== 'shell' && !load.includes(`'${room}'`))]).toEqual([folder]);
    }
  });
});
