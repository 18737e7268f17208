//! The command line: `campfire` (or `campfire serve`) runs the server, `campfire help` says what there is.
//!
//! A command of administrators is one order, which a running server carries out, or this process when none runs.

use campfire::config::Config;
use campfire::control::{self, Order};
use campfire::server::Server;
use std::env;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long a health check waits: less than a container gives it.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// Bytes of a line that are read, of an answer as of standard input: more than a password may have.
const LINE_MAX: u64 = 4096;

const HELP: &str = "\
Campfire: team chat in one binary and one SQLite file.

Usage: campfire [COMMAND]

Commands:
  serve                   Run the server (the default)
  healthcheck             Ask the running server whether it is well; exits with 0 if so
  reset-password ADDRESS  Give the person with this e-mail address a new password, which is shown (with
                          --stdin: the first line of standard input); signs them out everywhere
  make-admin ADDRESS      Make the person with this e-mail address an administrator
  invite-link             Show the link by which people join
  reindex                 Make the search index anew, should search not find what is there
  help                    Show this
  version                 Show the version

The commands for administrators work on the storage in CAMPFIRE_STORAGE, whether the server runs or not.
Settings are environment variables (CAMPFIRE_ADDRESS, CAMPFIRE_STORAGE, …); the README lists them.
";

/// How a command ends: with what it says on standard output, or with what is wrong and the exit code for it.
type Ended = Result<String, (String, u8)>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err((sentence, code)) => {
            let _ = writeln!(io::stderr(), "campfire: {sentence}");
            ExitCode::from(code)
        }
    }
}

fn run(words: &[&str]) -> Ended {
    match *words {
        [] | ["serve"] => serve(),
        ["healthcheck"] => healthcheck(),
        ["help" | "-h" | "--help"] => Ok(HELP.to_owned()),
        ["version" | "-V" | "--version"] => Ok(format!("campfire {}\n", env!("CARGO_PKG_VERSION"))),
        ["reset-password", address] => order(Order::ResetPassword { address: address.to_owned(), password: None }),
        ["reset-password", "--stdin", address] | ["reset-password", address, "--stdin"] => {
            // Only when it is asked for: in a script's loop, standard input is somebody else's.
            let password = first_line(io::stdin().lock());
            let password = password.map_err(|error| (format!("Standard input can't be read: {error}."), 1))?;
            let password = Some(password.trim_end_matches(['\r', '\n']).to_owned());
            order(Order::ResetPassword { address: address.to_owned(), password })
        }
        ["make-admin", address] => order(Order::MakeAdministrator { address: address.to_owned() }),
        ["invite-link"] => order(Order::InviteLink),
        ["reindex"] => order(Order::Reindex),
        ["reset-password", ..] => Err(("Usage: campfire reset-password [--stdin] ann@example.com".to_owned(), 2)),
        ["make-admin", ..] => Err(("Usage: campfire make-admin ann@example.com".to_owned(), 2)),
        [command @ ("invite-link" | "reindex"), ..] => Err((format!("Usage: campfire {command}"), 2)),
        _ => Err((format!("Unknown command {:?}. `campfire help` says what there is.", words.join(" ")), 2)),
    }
}

fn config() -> Result<Config, (String, u8)> {
    Config::from_env().map_err(|sentence| (sentence, 1))
}

/// Runs the server until SIGTERM or Ctrl-C.
fn serve() -> Ended {
    let config = config()?;
    // The server library's own lines say nothing that ours don't, unless they are asked for.
    let filter = EnvFilter::new(format!("actix_server=warn,{}", config.log));
    let is_terminal = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(io::stderr).init();
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
    let served = actix_web::rt::System::new().block_on(until_stopped(config));
    served.map(|()| String::new()).map_err(|sentence| (sentence, 1))
}

async fn until_stopped(config: Config) -> Result<(), String> {
    let server = Server::bind(config)?;
    let stopper = server.stopper();
    let listened = |error| format!("Signals can't be listened to: {error}.");
    let mut terminate = signal(SignalKind::terminate()).map_err(listened)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(listened)?;
    say(&format!(
        "Campfire is ready at {}\nOpen it in a browser to sign in; the first visitor sets it up. Ctrl-C stops it.\n",
        server.origin()
    ));
    actix_web::rt::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping");
        stopper.stop().await;
    });
    server.run().await.map_err(|error| format!("The server failed: {error}."))
}

/// Has an order carried out.
fn order(order: Order) -> Ended {
    let config = config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| (error.to_string(), 1))?;
    let answer = runtime.block_on(control::command(config, order));
    answer.map(|sentence| format!("{sentence}\n")).map_err(|sentence| (sentence, 1))
}

/// Asks the server at `CAMPFIRE_ADDRESS` for `/up`, for containers that have no other program to ask with.
fn healthcheck() -> Ended {
    let mut address = config()?.address;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    match ask(address) {
        Ok(line) if line.starts_with("HTTP/1.1 200") => Ok(String::new()),
        Ok(line) => Err((format!("The server at {address} answers {:?}.", line.trim_end()), 1)),
        Err(error) => Err((format!("The server at {address} does not answer: {error}."), 1)),
    }
}

/// The first line of the answer to `GET /up`.
fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_MAX)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    write!(stream, "GET /up HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    first_line(stream)
}

fn first_line(source: impl Read) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(source.take(LINE_MAX)).read_line(&mut line)?;
    Ok(line)
}

/// Writes to standard output; a closed pipe is nobody's problem.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
}
