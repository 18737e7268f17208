//! Tokens, codes and password hashes: how they are made and what of them is kept.
//!
//! Invariants: tokens come from the caller's cryptographic generator; of a session token only the
//! SHA-256 is stored (it has 190 bits of its own, so a slow hash would add nothing); passwords are
//! kept as argon2id.

use super::text::Password;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash as Phc};
use argon2::{Algorithm, Argon2, Params, Version};
use rand::CryptoRng;
use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};
use std::fmt;

/// Characters in a session token: 32 of 62 kinds are 190.5 bits.
pub const SESSION_TOKEN_LEN: usize = 32;
/// Characters in a join code without its hyphens: 12 of 62 kinds are 71 bits.
const JOIN_CODE_LEN: usize = 12;
/// Random bytes in a password's salt (RFC 9106, 3.1).
const SALT_LEN: usize = 16;

/// What a browser or script shows to prove its session. Never stored, never logged.
pub struct SessionToken(String);

impl SessionToken {
    /// A new token from `dice`.
    pub fn generate(dice: &mut impl CryptoRng) -> Self {
        Self(Alphanumeric.sample_string(dice, SESSION_TOKEN_LEN))
    }

    /// The token, to be handed to its owner once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
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

/// The secret part of the invite link, `xxxx-xxxx-xxxx`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode(String);

impl JoinCode {
    /// A new code from `dice`.
    pub fn generate(dice: &mut impl CryptoRng) -> Self {
        let letters = Alphanumeric.sample_string(dice, JOIN_CODE_LEN);
        Self(format!("{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..]))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password as it is stored: argon2id in PHC string format, with its salt and parameters.
#[derive(Clone)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes `password` with a salt from `dice`. Takes 19 MiB and tens of milliseconds: never on
    /// an async thread.
    ///
    /// # Errors
    /// Only when the hasher refuses its own parameters.
    pub fn of(password: &Password, dice: &mut impl CryptoRng) -> Result<Self, HashingFailed> {
        let mut salt = [0; SALT_LEN];
        dice.fill_bytes(&mut salt);
        let hash = hasher()?
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|error| HashingFailed(error.to_string()))?;
        Ok(Self(hash.to_string()))
    }

    /// Takes back a hash from the column it was stored in.
    pub fn stored(phc: String) -> Self {
        Self(phc)
    }

    /// Whether `password` is the one that was hashed. As slow as hashing, whatever the answer.
    pub fn verify(&self, password: &[u8]) -> bool {
        match (Phc::new(&self.0), hasher()) {
            (Ok(hash), Ok(hasher)) => hasher.verify_password(password, &hash).is_ok(),
            _ => false,
        }
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The hasher would not work; says why.
#[derive(Debug)]
pub struct HashingFailed(pub String);

impl fmt::Display for HashingFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "password hashing failed: {}", self.0)
    }
}

/// argon2id with the parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
fn hasher() -> Result<Argon2<'static>, HashingFailed> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|error| HashingFailed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::HashSet;

    #[test]
    fn tokens_have_their_length_and_alphabet_and_never_repeat() {
        let mut dice = rand::rng();
        let tokens: HashSet<String> =
            (0..10_000).map(|_| SessionToken::generate(&mut dice).reveal().to_owned()).collect();
        assert_eq!(tokens.len(), 10_000);
        assert!(tokens.iter().all(|token| token.len() == SESSION_TOKEN_LEN));
        assert!(tokens.iter().all(|token| token.bytes().all(|byte| byte.is_ascii_alphanumeric())));
    }

    #[test]
    fn a_join_code_is_three_groups_of_four() {
        let code = JoinCode::generate(&mut StdRng::seed_from_u64(1));
        let groups: Vec<&str> = code.as_str().split('-').collect();
        assert_eq!(groups.len(), 3);
        assert!(groups.iter().all(|group| group.len() == 4));
    }

    #[test]
    fn only_the_right_password_verifies_and_two_hashes_of_it_differ() {
        let mut dice = StdRng::seed_from_u64(2);
        let password = Password::parse("correct horse").unwrap();
        let first = PasswordHash::of(&password, &mut dice).unwrap();
        let second = PasswordHash::of(&password, &mut dice).unwrap();
        assert!(first.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_ne!(first.as_str(), second.as_str());
        assert!(first.verify(b"correct horse"));
        assert!(!first.verify(b"correct horses"));
        assert!(!PasswordHash::stored("nonsense".into()).verify(b"correct horse"));
    }
}
