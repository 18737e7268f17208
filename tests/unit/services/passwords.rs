//! Unit tests of `services::passwords`.

use super::*;

#[test]
fn the_decoy_costs_as_much_as_a_real_hash() {
    let mut memory = HashMemory::default();
    let password = Password::parse("anything at all").unwrap();
    let real = PasswordHash::of(&password, &mut dice(), &mut memory).unwrap();
    let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
    assert_eq!(cost(DECOY), cost(real.as_str()));
    assert_eq!(DECOY.len(), real.as_str().len());
    // It must be a hash that is really computed, not one that is refused at once.
    assert!(PasswordHash::stored(DECOY.to_owned()).verify(b"a password that nobody has", &mut memory));
}
