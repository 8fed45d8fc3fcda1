// The typed client is what the description of the API generates, and nothing is mended by hand.
import { readFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, test } from 'vitest';

// What it compares is some thousand types: how long that takes is the machine's affair.
test('schema.d.ts is generated from docs/api/openapi.json', async () => {
  const description = new URL('../../../docs/api/openapi.json', import.meta.url);
  const generated = `${COMMENT_HEADER}${astToString(await openapiTS(description, { defaultNonNullable: false }))}`;
  const committed = readFileSync(new URL('./schema.d.ts', import.meta.url), 'utf8');
  expect(committed === generated, 'the description has changed: `npm run api` in web/ writes the client anew').toBe(true);
}, 60_000);
