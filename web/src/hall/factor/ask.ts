// Asks for the second factor over whatever page is open, once for all that wait for it.
import { mount, unmount } from 'svelte';
import { learn } from '$shell/words.svelte';
import Ask from './Ask.svelte';

let going: Promise<boolean> | null = null;

/** Whether a factor was shown; false when the person has left instead. */
export function ask(): Promise<boolean> {
  return (going ??= run().finally(() => (going = null)));
}

async function run(): Promise<boolean> {
  await learn('hall');
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
