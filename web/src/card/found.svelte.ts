// The masked families that were found last, so that who looks at one can go back to the others.
// They are of this page and of this person alone, and lie in no address and no storage. What
// was looked for is not kept: it is a number or a name of somebody.
import { me } from '$hall/session.svelte';
import type { Found, PersonsFound } from './model';

const kept = $state<{ of: string; found: Found | null; by: string }>({ of: '', found: null, by: '' });
const person = () => me()?.person.id ?? '';

/** Keeps what was found; `by` says in words by what. */
export function keep(found: Found | null, by: string): void {
  [kept.of, kept.found, kept.by] = [person(), found, by];
}

/** What this person found last. */
export function last(): { found: Found; by: string } | null {
  return kept.found && kept.of === person() ? { found: kept.found, by: kept.by } : null;
}

const alike = $state<{ of: string; found: PersonsFound | null }>({ of: '', found: null });

/** Keeps whoever was like somebody. */
export function keepAlike(found: PersonsFound | null): void {
  [alike.of, alike.found] = [person(), found];
}

/** Whoever was like whom this person looked for last. */
export function lastAlike(): PersonsFound | null {
  return alike.of === person() ? alike.found : null;
}
