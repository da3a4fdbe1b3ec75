//! What a session holds, as bytes that only its id opens (ChaCha20-Poly1305 under a key derived from the id).

use rand::RngCore;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest, Sha256};

/// A session's id: the cookie's value as bytes.
pub type Id = [u8; 16];

/// Under what name a session is kept. The id, 128 random bits, is not to be found from it.
pub fn name_of(id: &Id) -> [u8; 32] {
    Sha256::new().chain_update(b"heliograph session name").chain_update(id).finalize().into()
}

fn key(id: &Id) -> Option<LessSafeKey> {
    let key: [u8; 32] = Sha256::new().chain_update(b"heliograph session data").chain_update(id).finalize().into();
    UnboundKey::new(&CHACHA20_POLY1305, &key).ok().map(LessSafeKey::new)
}

/// `data` for nobody but who has the id; `None` only if the cipher refuses its own key.
pub fn seal(id: &Id, mut data: Vec<u8>) -> Option<Vec<u8>> {
    let mut sealed = [0; NONCE_LEN];
    rand::rng().fill_bytes(&mut sealed);
    let nonce = Nonce::assume_unique_for_key(sealed);
    key(id)?.seal_in_place_append_tag(nonce, Aad::empty(), &mut data).ok()?;
    let mut whole = sealed.to_vec();
    whole.append(&mut data);
    Some(whole)
}

/// What was sealed; `None` when it was changed since, or is another session's.
pub fn open(id: &Id, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, data) = sealed.split_at_checked(NONCE_LEN)?;
    let mut data = data.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let length = key(id)?.open_in_place(nonce, Aad::empty(), &mut data).ok()?.len();
    data.truncate(length);
    Some(data)
}
