// Asks for the second factor over whatever page is open, once for all that wait for it.
import { mount, unmount } from 'svelte';
import type { Problem } from '$api/problem';
import { arrive } from '$hall/session.svelte';
import { learn } from '$shell/words.svelte';
import Ask from './Ask.svelte';
import { enter, explained } from './passkey';

let going: Promise<boolean> | null = null;

/** Whether a factor was shown; false when the person has left instead. */
export function ask(): Promise<boolean> {
  return (going ??= run().finally(() => (going = null)));
}

async function run(): Promise<boolean> {
  await learn('hall', 'door');
  return new Promise((done) => {
    const sheet = mount(Ask, {
      target: document.body,
      props: {
        done: (shown: boolean) => {
          void unmount(sheet);
          done(shown);
        }
      }
    });
  });
}

/** Comes in by a passkey, without a password: why not, if it came to nothing. */
export async function bare(): Promise<Problem | null> {
  try {
    await enter();
    await arrive();
    return null;
  } catch (failure) {
    return explained(failure);
  }
}
