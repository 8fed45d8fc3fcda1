// The doors of /api/v1 that these pages use, in the shape that openapi-typescript writes.
// `npm run api` replaces this file by one generated from docs/api/openapi.json.

type Json<T> = { content: { 'application/json': T } };
type Refused = { content: { 'application/problem+json': components['schemas']['Problem'] } };
type Answer<T, Code extends number = 200> = { [code in Code]: { headers: { [name: string]: unknown } } & Json<T> } & {
  default: { headers: { [name: string]: unknown } } & Refused;
};
type Nothing<Code extends number = 204> = { [code in Code]: { headers: { [name: string]: unknown }; content?: never } } & {
  default: { headers: { [name: string]: unknown } } & Refused;
};
type Op<Responses, Query = never, Path = never, Body = never> = {
  parameters: { query?: Query; header?: never; cookie?: never } & ([Path] extends [never] ? { path?: never } : { path: Path });
  responses: Responses;
} & ([Body] extends [never] ? { requestBody?: never } : { requestBody: Json<Body> });
type S = components['schemas'];
type Page = { limit?: number; cursor?: string };

export interface paths {
  '/api/v1/session': {
    get: Op<Answer<S['Me']>>;
    post: Op<Answer<S['Login']>, never, never, { username: string; password: string }>;
    delete: Op<Nothing>;
  };
  '/api/v1/session/first': { post: Op<Answer<S['Login']>, never, never, { code: string; username: string; password: string; name: string }> };
  '/api/v1/sessions': { get: Op<Answer<{ items: S['Session'][]; next: string | null }>> };
  '/api/v1/sessions/{id}': { delete: Op<Nothing, never, { id: string }> };
  '/api/v1/tokens': {
    get: Op<Answer<{ items: S['Token'][]; next: string | null }>>;
    post: Op<Answer<{ id?: string; token: string }>, never, never, { name: string }>;
  };
  '/api/v1/tokens/{id}': { delete: Op<Nothing, never, { id: string }> };
  '/api/v1/staff': {
    get: Op<Answer<{ items: S['Staff'][]; next: string | null }>, Page & { q?: string }>;
    post: Op<Answer<S['Staff'], 200 | 201>, never, never, S['NewStaff']>;
  };
  '/api/v1/staff/{id}': { patch: Op<Answer<S['Staff']>, never, { id: string }, S['StaffChange']> };
  '/api/v1/agencies': {
    get: Op<Answer<{ items: S['Agency'][]; next: string | null }>, Page>;
    post: Op<Answer<S['Agency'], 200 | 201>, never, never, { name: string; short?: string; parent?: string | null }>;
  };
  '/api/v1/agencies/{id}': { patch: Op<Answer<S['Agency']>, never, { id: string }, { name?: string; short?: string; parent?: string | null }> };
  '/api/v1/areas': {
    get: Op<Answer<{ items: S['Area'][]; next: string | null }>, Page & { level?: 'regency' | 'district' | 'village'; parent?: string; q?: string }>;
  };
  '/api/v1/areas/outline': { get: Op<Answer<S['Outline']>> };
  '/api/v1/audit': { get: Op<Answer<{ items: S['AuditEntry'][]; next: string | null }>, Page & { verb?: string; q?: string }> };
  '/api/v1/cameras': {
    get: Op<Answer<{ items: S['Camera'][]; next: string | null }>, Page & { q?: string; area?: string; agency?: string; kind?: string; state?: string }>;
    post: Op<Answer<S['Camera'], 200 | 201>, never, never, S['NewCamera']>;
  };
  '/api/v1/cameras/probe': { post: Op<Answer<S['Probe']>, never, never, { url: string; username?: string; password?: string }> };
  '/api/v1/cameras/{id}': {
    get: Op<Answer<S['Camera']>, never, { id: string }>;
    patch: Op<Answer<S['Camera']>, never, { id: string }, Partial<S['NewCamera']>>;
    delete: Op<Nothing, never, { id: string }>;
  };
  '/api/v1/cameras/{id}/stills': { post: Op<Answer<{ id?: string }, 200 | 201>, never, { id: string }, { reason: string }> };
}

export interface components {
  schemas: {
    Problem: { type: string; title?: string; detail?: string; status?: number; errors?: { field: string; why: string }[] };
    Point: { lat_deg: number; lon_deg: number };
    Grant: { id?: string; role: string; area: string | null; agency: string | null; from_us?: number | null; to_us?: number | null };
    Person: { id: string; name: string; username?: string | null };
    House: { name: string; province: { code: string; name: string }; simulated: boolean; version: string };
    Login: { person: S['Person']; grants: S['Grant'][] };
    Me: { person: S['Person']; grants: S['Grant'][]; permissions: string[]; house: S['House'] };
    Session: { id: string; created_us: number; seen_us: number | null; address?: string | null; agent?: string | null; current?: boolean };
    Token: { id: string; name: string; created_us: number; used_us: number | null };
    Staff: { id: string; name: string; username: string | null; active: boolean; grants: S['Grant'][]; seen_us?: number | null };
    NewStaff: { name: string; username: string; password: string; grants: { role: string; area?: string | null; agency?: string | null; to_us?: number | null }[] };
    StaffChange: { name?: string; password?: string; active?: boolean; grants?: S['NewStaff']['grants'] };
    Agency: { id: string; name: string; short?: string | null; parent?: string | null };
    Area: { code: string; name: string; level: 'province' | 'regency' | 'district' | 'village'; parent: string | null; point: S['Point'] | null };
    Outline: {
      type: 'FeatureCollection';
      features: {
        type: 'Feature';
        id?: string | number;
        properties: { code?: string; name?: string; level?: string; source?: string; [key: string]: unknown };
        geometry: { type: 'Polygon'; coordinates: number[][][] } | { type: 'MultiPolygon'; coordinates: number[][][][] };
      }[];
    };
    AuditEntry: {
      id: string;
      seq?: number;
      at_us: number;
      who: { id: string | null; name: string | null } | null;
      verb: string;
      subject: string;
      detail: unknown;
    };
    Stream: { layer: 'main' | 'sub'; codec: string | null; width: number | null; height: number | null; url?: string | null };
    CameraState: {
      word: 'live' | 'idle' | 'starting' | 'dark' | 'stale';
      reason:
        | null
        | 'wrong_password'
        | 'no_such_path'
        | 'silent'
        | 'refused'
        | 'unreachable'
        | 'codec'
        | 'no_key_frame'
        | 'frozen'
        | 'session_limit'
        | 'protocol'
        | 'stopped';
      since_us: number;
      newest_us: number | null;
      bitrate_bps: number | null;
      clock_offset_ms: number | null;
    };
    Camera: {
      id: string;
      short: string;
      name: string;
      kind: 'kantor' | 'ruang_publik' | 'proyek_strategis' | 'lainnya';
      area: { code: string; name: string };
      agency: { id: string; name: string } | null;
      point: S['Point'] | null;
      heading_deg: number | null;
      always_on: boolean;
      simulated: boolean;
      legal: { complete: boolean; missing: string[] };
      contact: { name: string; phone: string | null; duty: string | null } | null;
      project: string | null;
      streams: S['Stream'][];
      state: S['CameraState'];
    };
    NewCamera: {
      short: string;
      name: string;
      area: string;
      kind?: string;
      agency?: string | null;
      point?: S['Point'] | null;
      heading_deg?: number | null;
      always_on?: boolean;
      main: string;
      sub?: string | null;
      username?: string;
      password?: string;
    };
    Probe: { codec: string | null; width: number | null; height: number | null; still_jpeg_base64: string | null; streams?: S['Stream'][] };
  };
}
