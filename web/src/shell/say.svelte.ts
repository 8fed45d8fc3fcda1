// One polite voice for the whole page, and short notes that go by themselves.
const voice = $state<{ text: string; shown: { id: number; text: string }[] }>({ text: '', shown: [] });
let next = 0;
/** How long a note stays; it only repeats what the page shows anyway. */
const STAY_MS = 5_000;

/** Shows and speaks a short note. */
export function say(text: string): void {
  voice.text = text;
  const id = next++;
  voice.shown = [...voice.shown.slice(-2), { id, text }];
  setTimeout(() => (voice.shown = voice.shown.filter((note) => note.id !== id)), STAY_MS);
}
/** Speaks without showing: what sighted readers see already. */
export function whisper(text: string): void {
  voice.text = text;
}
export function spoken(): string {
  return voice.text;
}
export function notes(): { id: number; text: string }[] {
  return voice.shown;
}
