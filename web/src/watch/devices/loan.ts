// The address by which another system takes a camera.
import type { Given } from '$api/model';

/**
 * With name and secret in it, which is how systems for video take it. Plain, since few of
 * them speak the encrypted kind; the secret itself does not go over the line either way.
 */
export function address(given: Given, short: string, layer: string, here: string): string {
  const host = given.at.host ?? here;
  const bare = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return `rtsp://${given.loan.username}:${given.secret}@${bare}:${given.at.port}/${short}${layer === 'main' ? '' : `/${layer}`}`;
}
