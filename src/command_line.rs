//! The commands for administrators: each is one order, which a running server carries out, or this process when none runs.

use super::{fail, say};
use campfire::config::Config;
use campfire::control::{self, Order};
use std::io::{self, BufRead, IsTerminal, Read};
use std::process::ExitCode;

/// Bytes of a line on standard input that are read: more than a password may have.
const LINE_MAX: u64 = 4096;

/// Runs one of the commands; `None` when the words are none of them.
pub fn run(words: &[&str]) -> Option<ExitCode> {
    let order = match *words {
        ["reset-password", address] => match password() {
            Ok(password) => Order::ResetPassword { address: address.to_owned(), password },
            Err(error) => return Some(fail(&format!("Standard input can't be read: {error}."), 1)),
        },
        ["make-admin", address] => Order::MakeAdministrator { address: address.to_owned() },
        ["invite-link"] => Order::InviteLink,
        ["reset-password" | "make-admin", ..] => {
            return Some(fail(&format!("Usage: campfire {} ann@example.com", words[0]), 2));
        }
        ["invite-link", ..] => return Some(fail("Usage: campfire invite-link", 2)),
        _ => return None,
    };
    Some(match carried_out(order) {
        Ok(sentence) => say(&format!("{sentence}\n"), ExitCode::SUCCESS),
        Err(sentence) => fail(&sentence, 1),
    })
}

fn carried_out(order: Order) -> Result<String, String> {
    let config = Config::from_env().map_err(|wrong| wrong.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(control::command(config, order))
}

/// The first line of standard input, when that is not a terminal and has one.
fn password() -> io::Result<Option<String>> {
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    let length = input.lock().take(LINE_MAX).read_line(&mut line)?;
    Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}
