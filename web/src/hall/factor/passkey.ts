// What a browser does with passkeys, in the words of the API: bytes are base64url.
import { api, asProblem, take } from '$api/client.svelte';
import type { Making, PasskeyChallenge } from '$api/model';
import { Problem } from '$api/problem';
import { learn, t } from '$shell/words.svelte';

/** Whether this page may use passkeys: https with a name, or localhost, and a browser that has them. */
export function possible(): boolean {
  return isSecureContext && 'PublicKeyCredential' in globalThis && !/^[\d.]+$|:/.test(location.hostname);
}

/** Somebody has turned away from the browser's sheet, or it took too long. */
function turnedAway(failure: unknown): boolean {
  return failure instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(failure.name);
}

/** The authenticator holds one for this person already. */
function isThere(failure: unknown): boolean {
  return failure instanceof DOMException && failure.name === 'InvalidStateError';
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const octets = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  const octets = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(octets).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

const known = (ids: string[]): PublicKeyCredentialDescriptor[] => ids.map((id) => ({ type: 'public-key', id: bytes(id) }));

/** Has a passkey made: what the house is told of it. */
export async function make(asked: Making): Promise<{ challenge: string; client: string; attestation: string }> {
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: bytes(asked.challenge),
      rp: { id: asked.rp_id, name: asked.house },
      user: { id: bytes(asked.user), name: asked.name, displayName: asked.name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: 'public-key', alg })),
      timeout: asked.timeout_ms,
      attestation: 'none',
      excludeCredentials: known(asked.credentials),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' }
    }
  })) as PublicKeyCredential;
  const answer = made.response as AuthenticatorAttestationResponse;
  return { challenge: asked.challenge, client: text(answer.clientDataJSON), attestation: text(answer.attestationObject) };
}

async function vouch(asked: PasskeyChallenge) {
  const found = (await navigator.credentials.get({
    publicKey: { challenge: bytes(asked.challenge), rpId: asked.rp_id, timeout: asked.timeout_ms, userVerification: 'required', allowCredentials: known(asked.credentials) }
  })) as PublicKeyCredential;
  const answer = found.response as AuthenticatorAssertionResponse;
  return {
    credential: text(found.rawId),
    challenge: asked.challenge,
    client: text(answer.clientDataJSON),
    data: text(answer.authenticatorData),
    signature: text(answer.signature)
  };
}

/** Comes in by a passkey, without a password. */
export async function enter(): Promise<void> {
  const asked = await take(api.POST('/api/v1/session/passkey/challenge'));
  await take(api.POST('/api/v1/session/passkey', { body: await vouch(asked) }));
}

/** Shows a passkey as a second factor. */
export async function show(): Promise<void> {
  const asked = await take(api.POST('/api/v1/session/factor/challenge'));
  await take(api.POST('/api/v1/session/factor/passkey', { body: await vouch(asked) }));
}

/** Why it came to nothing, as a page shows it. */
export async function explained(failure: unknown): Promise<Problem> {
  await learn('door');
  if (turnedAway(failure)) return new Problem(409, 'passkey-turned', t('passkey.turned'), t('passkey.turned.text'));
  if (isThere(failure)) return new Problem(409, 'passkey-there', t('passkey.there'), t('passkey.there.text'));
  // A name of numbers, which the browser itself refuses.
  if (failure instanceof DOMException) return new Problem(409, 'passkey-address', '', failure.message);
  return asProblem(failure);
}
