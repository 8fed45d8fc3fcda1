// What the pages know about sites beyond their words.
import type { Site, Sitter } from '$api/model';
import type { Face } from '$watch/camera';

export const kinds = ['kantor_desa', 'lokasi_kamera', 'simpul_kabupaten', 'titik_penyaluran'] as const satisfies Site['kind'][];
export const stages = ['planned', 'claimed', 'pending', 'active', 'suspended', 'revoked'] as const satisfies Site['state'][];

/** The shape of a state. Being let in is not being connected: only measurement shows that. */
export function faceOf(state: Site['state']): Face {
  switch (state) {
    case 'pending':
      return 'warn';
    case 'suspended':
    case 'revoked':
      return 'crit';
    case 'claimed':
      return 'starting';
    case 'active':
      return 'ok';
    default:
      return 'idle';
  }
}

/** Which steps a person may take from a state. */
export function turnsOf(state: Site['state']): ('suspended' | 'resumed' | 'revoked')[] {
  switch (state) {
    case 'active':
      return ['suspended', 'revoked'];
    case 'suspended':
      return ['resumed', 'revoked'];
    case 'claimed':
    case 'pending':
      return ['revoked'];
    default:
      return [];
  }
}

/** A code may be made unless the site is suspended: then somebody has a reason to wait. */
export function takesCode(state: Site['state']): boolean {
  return state !== 'suspended';
}

/** Metres as people say them, before the words of the page. */
export function isFar(sitter: Sitter): boolean {
  return sitter.distance_m !== null && sitter.distance_m > 2000;
}
