//! The commands for administrators: each is one order, which a running server carries out, or this process when none runs.

use super::{fail, say};
use campfire::config::Config;
use campfire::control::{self, Order};
use std::io::{self, BufRead, Read};
use std::process::ExitCode;

/// Bytes of a line on standard input that are read: more than a password may have.
const LINE_MAX: u64 = 4096;

/// Runs one of the commands; `None` when the words are none of them.
pub fn run(words: &[&str]) -> Option<ExitCode> {
    let order = match *words {
        ["reset-password", address] => Order::ResetPassword { address: address.to_owned(), password: None },
        ["reset-password", "--stdin", address] | ["reset-password", address, "--stdin"] => match password() {
            Ok(password) => Order::ResetPassword { address: address.to_owned(), password: Some(password) },
            Err(error) => return Some(fail(&format!("Standard input can't be read: {error}."), 1)),
        },
        ["make-admin", address] => Order::MakeAdministrator { address: address.to_owned() },
        ["invite-link"] => Order::InviteLink,
        ["reset-password" | "make-admin", ..] => {
            let option = if words[0] == "reset-password" { " [--stdin]" } else { "" };
            return Some(fail(&format!("Usage: campfire {}{option} ann@example.com", words[0]), 2));
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

/// The first line of standard input. Only when it is asked for: in a script's loop, standard input is somebody else's.
fn password() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().take(LINE_MAX).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
