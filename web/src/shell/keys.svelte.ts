// The keyboard of the house. Pages lend their keys while they are open; the sheet
// behind `?` lists exactly the keys that act now.
import { untrack } from 'svelte';
import { keysOn } from './prefs.svelte';
import type { Key } from './words.svelte';

/** One key or a two-key sequence such as `g k`. */
export interface Stroke {
  keys: string;
  says: Key;
  act: (event: KeyboardEvent) => void;
  /** Named keys such as Escape act even when single keys are switched off. */
  always?: boolean;
}

const lent = $state<{ sets: { id: number; strokes: Stroke[] }[] }>({ sets: [] });
let next = 0;
let prefix = '';
let prefixAt = 0;
/** How long the second key of a sequence is awaited. */
const SEQUENCE_MS = 1200;

/** Lends keys until the returned function is called. Call inside `$effect`. */
export function lend(strokes: Stroke[]): () => void {
  const id = next++;
  // Read untracked: the effect that lends must not wait for what it changes.
  lent.sets = [...untrack(() => lent.sets), { id, strokes }];
  return () => {
    lent.sets = untrack(() => lent.sets).filter((set) => set.id !== id);
  };
}

/** Every key that acts now, the page's own first. */
export function strokes(): Stroke[] {
  return [...lent.sets].reverse().flatMap((set) => set.strokes);
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Hears one key press of the window. */
export function hear(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) return;
  // An open dialog owns the keyboard.
  if (document.querySelector('dialog[open]')) return;
  const awaited = prefix && event.timeStamp - prefixAt < SEQUENCE_MS ? `${prefix} ${event.key}` : '';
  prefix = '';
  const all = strokes();
  const found = all.find((s) => s.keys === awaited) ?? all.find((s) => s.keys === event.key || (s.keys === 'Space' && event.key === ' '));
  if (!found) {
    if (keysOn() && all.some((s) => s.keys.startsWith(`${event.key} `))) {
      prefix = event.key;
      prefixAt = event.timeStamp;
    }
    return;
  }
  if (!found.always && !keysOn()) return;
  // A focused control keeps its own Enter and Space.
  const control = event.target instanceof Element && event.target.closest('button, a[href], summary, [role=tab], [role=menuitem]');
  if (control && (event.key === 'Enter' || event.key === ' ')) return;
  event.preventDefault();
  found.act(event);
}
