//! Unit tests of `domain::secrets`.

use super::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::collections::HashSet;

#[test]
fn tokens_have_their_length_and_alphabet_and_never_repeat() {
    let mut dice = rand::rng();
    let tokens: HashSet<String> = (0..10_000).map(|_| Token::generate(&mut dice).reveal().to_owned()).collect();
    assert_eq!(tokens.len(), 10_000);
    assert!(tokens.iter().all(|token| token.len() == TOKEN_LEN));
    assert!(tokens.iter().all(|token| token.bytes().all(|byte| byte.is_ascii_alphanumeric())));
}

#[test]
fn a_join_code_is_three_groups_of_four() {
    let code = grouped(JOIN_CODE_GROUPS, &mut StdRng::seed_from_u64(1));
    let groups: Vec<&str> = code.split('-').collect();
    assert_eq!(groups.len(), 3);
    assert!(groups.iter().all(|group| group.len() == 4));
}

#[test]
fn only_the_right_password_verifies_and_two_hashes_of_it_differ() {
    let (mut dice, mut memory) = (StdRng::seed_from_u64(2), HashMemory::default());
    let password = Password::parse("correct horse").unwrap();
    let first = PasswordHash::of(&password, &mut dice, &mut memory).unwrap();
    let second = PasswordHash::of(&password, &mut dice, &mut memory).unwrap();
    assert!(first.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_ne!(first.as_str(), second.as_str());
    assert!(first.verify(b"correct horse", &mut memory));
    assert!(!first.verify(b"correct horses", &mut memory));
    assert!(!PasswordHash::stored("nonsense".into()).verify(b"correct horse", &mut memory));
    // Made elsewhere by the same recipe.
    let known = "$argon2id$v=19$m=19456,t=2,p=1$er58XI7K1h6voLn7COeKDw$bYNI3p3F3ieSgPBnD04q6Ly4oEnNCXFfd0fzxSj3ACI";
    assert!(PasswordHash::stored(known.into()).verify(b"a password that nobody has", &mut memory));
}
