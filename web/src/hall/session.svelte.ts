// Who is here, what this person may do, and which house it is.
import type { Component, Snippet } from 'svelte';
import { api, onFactor, onUnauthorised, take } from '$api/client.svelte';
import { close, hear, onRefused, open } from '$api/live.svelte';
import type { House, Me } from '$api/model';
import type { Problem } from '$api/problem';
import { learn } from '$shell/words.svelte';

const here = $state<{ me: Me | null; asked: boolean; house: House | null }>({ me: null, asked: false, house: null });

/** The person at this device, null when nobody is logged in. */
export function me(): Me | null {
  return here.me;
}
/** The house, once known. */
export function house(): House | null {
  return here.house;
}
type Frame = Component<{ children: Snippet }>;
let worn = $state.raw<Frame>();
/** What surrounds the pages of a screen: the page where screens begin brings it. */
export function frame(): Frame | undefined {
  return worn;
}
export function wear(frame: Frame): void {
  worn = frame;
}
/** Whether the server has been asked who is here. */
export function asked(): boolean {
  return here.asked;
}

/** Whether this person may do something. The server decides again; this only spares a refusal. */
export function may(permission: string): boolean {
  const me = here.me;
  if (!me) return false;
  return me.permissions.includes(permission) || me.permissions.includes('*');
}

/** Whether any of a person's grants carries a role. */
export function hasRole(role: string): boolean {
  return here.me?.grants.some((grant) => grant.role === role) ?? false;
}

// Somebody has come in by the sealed code, or is gone: the house says what to show of it.
hear('emergency', () => void arrive().catch(() => undefined));

function forget(): void {
  here.me = null;
  close();
}

/** What asks for a second factor or a passkey, brought when somebody is asked. */
export const factor = () => import('./factor/ask');

/** Asks the server who is here; null when nobody. A page that is not told live does not listen. */
export async function arrive(listen = true): Promise<Me | null> {
  onUnauthorised(forget);
  onRefused(forget);
  onFactor(async () => (await factor()).ask());
  try {
    const me = await take(api.GET('/api/v1/session'));
    here.me = me;
    here.house = me.house;
    if (listen) open();
    return me;
  } catch (failure) {
    const problem = failure as Problem;
    if (problem.status === 401 || (problem.status === 403 && problem.slug !== 'factor-missing')) {
      forget();
      return null;
    }
    // The password was right and is not enough: why is in words that the door has not.
    if (problem.slug === 'factor-missing') await learn('door');
    throw failure;
  } finally {
    here.asked = true;
  }
}

/** Logs in with a user name and a password. */
export async function login(username: string, password: string): Promise<void> {
  await take(api.POST('/api/v1/session', { body: { username, password } }));
  try {
    await arrive();
  } catch (failure) {
    await leave().catch(() => undefined);
    throw failure;
  }
}

/** Makes the first administrator with the code of the one-time link. */
export async function first(code: string, username: string, password: string, name: string): Promise<void> {
  await take(api.POST('/api/v1/session/first', { body: { code, username, password, name } }));
  await arrive();
}

/** Leaves. The page forgets even when the server cannot be told. */
export async function leave(): Promise<void> {
  try {
    await take(api.DELETE('/api/v1/session'));
  } finally {
    forget();
  }
}
