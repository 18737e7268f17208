//! Tokens, codes and password hashes: how they are made and what of them is kept.
//!
//! Invariants: tokens come from a cryptographic generator, and only their SHA-256 is stored (they have 190 bits of their own, so a slow
//! hash would add nothing); passwords are kept as argon2id.

use super::text::Password;
use crate::error::{AppError, Result};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash as Phc, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::fmt;

/// Characters in a token: 32 of 62 kinds are 190.5 bits.
pub const TOKEN_LEN: usize = 32;
/// Groups in the secret part of the invite link: 12 characters of 62 kinds are 71 bits.
pub const JOIN_CODE_GROUPS: usize = 3;
/// Groups in a password that nobody has to think of: 95 bits.
pub const PASSWORD_GROUPS: usize = 4;
/// Random bytes in a password's salt (RFC 9106, 3.1).
const SALT_LEN: usize = 16;

/// What proves a session, or signs somebody in on another device, once. Never stored, never logged.
pub struct Token(String);

impl Token {
    pub fn generate(dice: &mut impl CryptoRng) -> Self {
        Self(Alphanumeric.sample_string(dice, TOKEN_LEN))
    }

    /// The token, to be handed to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// The SHA-256 of a token, which finds its row and gives nothing away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token as it was presented, whatever it is.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// Letters and digits in groups of four, from `dice`: `xxxx-xxxx-xxxx`.
pub fn grouped(groups: usize, dice: &mut impl CryptoRng) -> String {
    std::iter::repeat_with(|| Alphanumeric.sample_string(dice, 4)).take(groups).collect::<Vec<_>>().join("-")
}

/// A password as it is stored: argon2id in PHC string format, with its salt and parameters.
#[derive(Clone)]
pub struct PasswordHash(String);

/// The 19 MiB that hashing works in, to be used again: an allocator that is asked for it anew each time keeps several.
#[derive(Default)]
pub struct HashMemory(Vec<Block>);

impl PasswordHash {
    /// Takes back a hash from the column it was stored in.
    pub fn stored(phc: String) -> Self {
        Self(phc)
    }

    /// Hashes `password` with a salt from `dice`. Takes tens of milliseconds: never on an async thread.
    pub fn of(password: &Password, dice: &mut impl CryptoRng, memory: &mut HashMemory) -> Result<Self> {
        let mut bytes = [0; SALT_LEN];
        dice.fill_bytes(&mut bytes);
        let salt = Salt::new(&bytes).map_err(failed)?;
        let params = Params::new(19 * 1024, 2, 1, None).map_err(failed)?;
        let phc = Phc {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(failed)?,
            salt: Some(salt),
            hash: Some(output(password.as_bytes(), &salt, params, memory)?),
        };
        Ok(Self(phc.to_string()))
    }

    /// Whether `password` is the one that was hashed. As slow as hashing, whatever the answer.
    pub fn verify(&self, password: &[u8], memory: &mut HashMemory) -> bool {
        let Ok(Phc { algorithm, params, salt: Some(salt), hash: Some(hash), .. }) = Phc::new(&self.0) else {
            return false;
        };
        let Ok(params) = Params::try_from(&params) else { return false };
        // Outputs are compared in constant time.
        algorithm == Algorithm::Argon2id.ident()
            && output(password, &salt, params, memory).is_ok_and(|output| output == hash)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// argon2id (RFC 9106), version 1.3, with the parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
fn output(password: &[u8], salt: &Salt, params: Params, memory: &mut HashMemory) -> Result<Output> {
    memory.0.resize(params.block_count(), Block::default());
    let mut bytes = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut bytes, &mut memory.0)
        .map_err(failed)?;
    Output::new(&bytes).map_err(failed)
}

fn failed(error: impl fmt::Display) -> AppError {
    AppError::Internal(format!("password hashing failed: {error}"))
}

unit_tests!("../../tests/unit/domain/secrets.rs");
