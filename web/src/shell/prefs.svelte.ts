// What one reader prefers on one device. Nothing here is needed to read a page.

/** How the pages are lit; wall is dark with type for a television. */
export type Theme = 'auto' | 'light' | 'dark' | 'wall';
export const themes: readonly Theme[] = ['auto', 'light', 'dark', 'wall'];

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`betang.${name}`);
  } catch {
    return null;
  }
}
function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`betang.${name}`, value);
  } catch {
    // A device that keeps nothing still shows everything.
  }
}

const first = kept('theme');
const prefs = $state({
  theme: (themes as readonly string[]).includes(first ?? '') ? (first as Theme) : ('auto' as Theme),
  keys: kept('keys') !== 'off',
  saver: kept('saver') === 'on'
});

/** The chosen light. */
export function theme(): Theme {
  return prefs.theme;
}
export function setTheme(next: Theme): void {
  prefs.theme = next;
  document.documentElement.dataset.theme = next;
  keep('theme', next);
}

/** Whether single keys act. */
export function keysOn(): boolean {
  return prefs.keys;
}
export function setKeys(on: boolean): void {
  prefs.keys = on;
  keep('keys', on ? 'on' : 'off');
}

/** Whether stills take the place of live pictures. */
export function saver(): boolean {
  return prefs.saver;
}
export function setSaver(on: boolean): void {
  prefs.saver = on;
  keep('saver', on ? 'on' : 'off');
}

/** Keeps the language for the next visit. */
export function keepLanguage(language: string): void {
  keep('language', language);
}
/** Reads settings that came with the address. */
export function readAddress(query: URLSearchParams): 'id' | 'en' {
  const mode = query.get('mode');
  if (mode === 'hemat') setSaver(true);
  if (mode === 'penuh') setSaver(false);
  const asked = query.get('bahasa') ?? kept('language');
  return asked === 'en' ? 'en' : 'id';
}
