import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { lastLine, wholeRows } from './whole';

const octets = (text: string): ArrayBuffer => new Uint8Array(new TextEncoder().encode(text)).buffer;
const body = '\ufeffnomor,nama,tanda salinan\r\n1,Siti,ekspor 3\r\n2,Budi,ekspor 3\r\n';
const hash = createHash('sha256').update(body).digest('hex');
const end = `UTUH,2,SHA-256 semua oktet sebelum baris ini,${hash},ekspor 3\r\n`;

test('a file that ends as it should has so many rows', async () => {
  expect(lastLine(octets(body + end))).toEqual({ rows: 2, sha256: hash, from: new TextEncoder().encode(body).length });
  expect(await wholeRows(octets(body + end))).toBe(2);
});
test('one that broke off, was cut or was changed has none', async () => {
  expect(await wholeRows(octets(body))).toBeNull();
  expect(await wholeRows(octets(`${body}TIDAK UTUH,2,62.02,bagian ini berubah,ekspor 3\r\n`))).toBeNull();
  expect(await wholeRows(octets(body.replace('Siti', 'Sita') + end))).toBeNull();
  expect(await wholeRows(octets(''))).toBeNull();
});
