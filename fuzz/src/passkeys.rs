//! What a browser and an authenticator say of a passkey. Input: two octets of length, so
//! much text about the client, then an attestation, which is also tried as what an
//! authenticator has signed.
//!
//! Does not cover: whether a challenge waits, which is one look-up, and base64url.

use hall::doors;

pub fn run(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (client, said) = rest.split_at(length);
    if let Some((credential, algorithm, key)) = doors::passkey(client, said) {
        assert!(
            (1..=1_023).contains(&credential.len()),
            "a name of a passkey"
        );
        let fits = match algorithm {
            -7 => key.len() == 65 && key[0] == 4,
            -8 => key.len() == 32,
            -257 => (2..=1_034).contains(&key.len()),
            _ => false,
        };
        assert!(
            fits,
            "algorithm {algorithm} with a key of {} octets",
            key.len()
        );
        let text = String::from_utf8_lossy(client);
        assert!(text.contains("webauthn.create") || text.contains('\\'));
    }
    let (data, signature) = said.split_at(said.len() / 2);
    assert!(
        !doors::passkey_vouches(client, data, signature),
        "nobody has the key"
    );
}
