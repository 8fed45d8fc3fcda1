// Makes tokens.json: ID tokens by an implementation that this project did not write (jose,
// which is under oidc-provider), right ones and wrong ones. Run it in web/, where that is:
//
//   cp ../crates/hall/src/oidc/foreign/tokens.mjs tokens.tmp.mjs && node tokens.tmp.mjs \
//     > ../crates/hall/src/oidc/foreign/tokens.json; rm tokens.tmp.mjs
import { createHash, createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

const issuer = 'https://id.example/realm';
const client = 'betang';
const nonce = 'n-0S6_WzA2Mj';
const access = 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y';
const now = 1_800_000_000;
const claims = (more = {}) => ({ iss: issuer, sub: 'budi-7', aud: client, exp: now + 300, iat: now - 5, nonce, ...more });
const half = (name) => {
	const hash = createHash(name).update(access).digest();
	return hash.subarray(0, hash.length / 2).toString('base64url');
};

const pairs = {};
const keys = [];
for (const [kid, alg] of [['rsa', 'RS256'], ['ec', 'ES256'], ['ed', 'EdDSA']]) {
	pairs[kid] = await generateKeyPair(alg, { extractable: true, ...(alg === 'EdDSA' ? { crv: 'Ed25519' } : {}) });
	keys.push({ ...(await exportJWK(pairs[kid].publicKey)), kid, use: 'sig', alg });
}
// Beside them what is no key for signing: a P-384 key, one for encryption, and nonsense.
keys.push({ ...(await exportJWK((await generateKeyPair('ES384', { extractable: true })).publicKey)), kid: 'ec384' });
keys.push({ ...keys[0], kid: 'rsa-enc', use: 'enc', alg: 'RSA-OAEP' });
keys.push({ kty: 'oct', k: 'c2VjcmV0', kid: 'oct' }, { kty: 'RSA', kid: 'half', n: '!' }, 7);
const rotated = await generateKeyPair('RS256', { extractable: true });

const sign = (body, kid, alg, header = {}) => new SignJWT(body).setProtectedHeader({ alg, kid, ...header }).sign((pairs[kid] ?? rotated).privateKey);
const raw = (header, body) => [header, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
const rsa = await sign(claims(), 'rsa', 'RS256');
const cases = [];
const put = (name, says, token) => cases.push({ name, says, token });

put('RS256', 'ok', await sign(claims({ at_hash: half('sha256') }), 'rsa', 'RS256'));
put('ES256', 'ok', await sign(claims({ at_hash: half('sha256') }), 'ec', 'ES256'));
put('EdDSA', 'ok', await sign(claims({ at_hash: half('sha512') }), 'ed', 'EdDSA'));
put('a list of one audience', 'ok', await sign(claims({ aud: [client] }), 'rsa', 'RS256'));
put('two audiences and the party', 'ok', await sign(claims({ aud: ['other', client], azp: client }), 'rsa', 'RS256'));
put('without a kid, where one key is for it', 'ok', await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256' }).sign(pairs.ec.privateKey));
put('fifty seconds over, which a clock may be', 'ok', await sign(claims({ exp: now - 50 }), 'rsa', 'RS256'));
put('said of the person', 'ok', await sign(claims({ email: 'Budi@Dinas.Example', email_verified: true, preferred_username: 'budi', acr: 'gold', amr: ['pwd', 'otp'] }), 'rsa', 'RS256'));
put('an e-mail address that is not verified', 'ok', await sign(claims({ email: 'budi@dinas.example', email_verified: false }), 'rsa', 'RS256'));
put('an e-mail address verified by a text', 'ok', await sign(claims({ email: 'budi@dinas.example', email_verified: 'true' }), 'rsa', 'RS256'));
put('another issuer', 'Issuer', await sign(claims({ iss: 'https://id.example/other' }), 'rsa', 'RS256'));
put('another audience', 'Audience', await sign(claims({ aud: 'other' }), 'rsa', 'RS256'));
put('two audiences and no party', 'Audience', await sign(claims({ aud: ['other', client] }), 'rsa', 'RS256'));
put('another party', 'Audience', await sign(claims({ azp: 'other' }), 'rsa', 'RS256'));
put('over', 'Time', await sign(claims({ exp: now - 61 }), 'rsa', 'RS256'));
put('of a time to come', 'Time', await sign(claims({ iat: now + 61 }), 'rsa', 'RS256'));
put('made an hour ago', 'Time', await sign(claims({ iat: now - 3600 }), 'rsa', 'RS256'));
put('another nonce', 'Nonce', await sign(claims({ nonce: 'other' }), 'rsa', 'RS256'));
put('no nonce', 'Nonce', await sign(claims({ nonce: undefined }), 'rsa', 'RS256'));
put('another access token', 'AccessToken', await sign(claims({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }), 'rsa', 'RS256'));
put('the hash of another algorithm', 'AccessToken', await sign(claims({ at_hash: half('sha256') }), 'ed', 'EdDSA'));
put('nobody', 'Subject', await sign(claims({ sub: '' }), 'rsa', 'RS256'));
put('no end', 'Form', await sign(claims({ exp: undefined }), 'rsa', 'RS256'));
put('a key that came since', 'UnknownKey', await sign(claims(), 'rotated', 'RS256'));
put('a key that came since, under a known name', 'Signature', await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'rsa' }).sign(rotated.privateKey));
put('the key of another algorithm', 'UnknownKey', `${raw({ alg: 'ES256', kid: 'rsa' }, claims())}.${rsa.split('.')[2]}`);
put('a key for encryption', 'UnknownKey', await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'rsa-enc' }).sign(pairs.rsa.privateKey));
put('PS256', 'Algorithm', await new SignJWT(claims()).setProtectedHeader({ alg: 'PS256', kid: 'rsa' }).sign(await crypto.subtle.importKey('jwk', { ...(await exportJWK(pairs.rsa.privateKey)), alg: 'PS256' }, { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign'])));
put('none', 'Algorithm', new UnsecuredJWT(claims()).encode());
put('none, with a signature', 'Algorithm', `${raw({ alg: 'none', kid: 'rsa' }, claims())}.${rsa.split('.')[2]}`);
for (const [what, secret] of [['PEM', await exportSPKI(pairs.rsa.publicKey)], ['modulus', Buffer.from(keys[0].n, 'base64url')]]) {
	const message = raw({ alg: 'HS256', kid: 'rsa' }, claims());
	put(`HS256 with the public key, its ${what}`, 'Algorithm', `${message}.${createHmac('sha256', secret).update(message).digest('base64url')}`);
}
put('something that has to be understood', 'Form', await sign(claims(), 'rsa', 'RS256', { crit: ['b64'], b64: true }));
put('other claims under the signature', 'Signature', `${raw({ alg: 'RS256', kid: 'rsa' }, claims({ sub: 'admin' }))}.${rsa.split('.')[2]}`);
put('no signature', 'Signature', `${rsa.split('.').slice(0, 2).join('.')}.`);
put('two parts', 'Form', rsa.split('.').slice(0, 2).join('.'));
put('nothing', 'Form', '');
put('too long', 'Form', await sign(claims({ picture: 'x'.repeat(20_000) }), 'rsa', 'RS256'));

console.log(JSON.stringify({ issuer, client, nonce, access, now, keys: { keys }, cases }, null, '\t'));
