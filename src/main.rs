//! The command line: `campfire` (or `campfire serve`) runs the server, `campfire help` says what there is.

mod command_line;

use campfire::config::Config;
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
/// Bytes of an answer's first line that are looked at.
const LINE_MAX: u64 = 256;

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
  help                    Show this
  version                 Show the version

The commands for administrators work on the storage in CAMPFIRE_STORAGE, whether the server runs or not.
Settings are environment variables (CAMPFIRE_ADDRESS, CAMPFIRE_STORAGE, …); the README lists them.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] | ["serve"] => serve(),
        ["healthcheck"] => healthcheck(),
        ["help" | "-h" | "--help"] => say(HELP, ExitCode::SUCCESS),
        ["version" | "-V" | "--version"] => {
            say(&format!("campfire {}\n", env!("CARGO_PKG_VERSION")), ExitCode::SUCCESS)
        }
        _ => command_line::run(&words).unwrap_or_else(|| {
            fail(&format!("Unknown command {:?}. `campfire help` says what there is.", words.join(" ")), 2)
        }),
    }
}

/// Runs the server until SIGTERM or Ctrl-C.
fn serve() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(wrong) => return fail(&wrong.to_string(), 1),
    };
    // The server library's own lines say nothing that ours don't, unless they are asked for.
    let filter = EnvFilter::new(format!("actix_server=warn,{}", config.log));
    let is_terminal = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(is_terminal).with_writer(io::stderr).init();
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
    match actix_web::rt::System::new().block_on(run(config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => fail(&sentence, 1),
    }
}

async fn run(config: Config) -> Result<(), String> {
    let server = Server::bind(config).map_err(|error| error.to_string())?;
    let here = server.origin();
    let stopper = server.stopper();
    let (mut terminate, mut interrupt) = match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(terminate), Ok(interrupt)) => (terminate, interrupt),
        (Err(error), _) | (_, Err(error)) => {
            return Err(format!("Signals can't be listened to: {error}."));
        }
    };
    say(
        &format!(
            "Campfire is ready at {here}\nOpen it in a browser to sign in; the first visitor sets it up. Ctrl-C stops it.\n"
        ),
        ExitCode::SUCCESS,
    );
    actix_web::rt::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping");
        stopper.stop().await;
    });
    server.run().await.map_err(|error| format!("The server failed: {error}."))
}

/// Asks the server at `CAMPFIRE_ADDRESS` for `/up`, for containers that have no other program to ask with.
fn healthcheck() -> ExitCode {
    let mut address = match Config::from_env() {
        Ok(config) => config.address,
        Err(wrong) => return fail(&wrong.to_string(), 1),
    };
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    match ask(address) {
        Ok(line) if line.starts_with("HTTP/1.1 200") => ExitCode::SUCCESS,
        Ok(line) => fail(&format!("The server at {address} answers {:?}.", line.trim_end()), 1),
        Err(error) => fail(&format!("The server at {address} does not answer: {error}."), 1),
    }
}

/// The first line of the answer to `GET /up`.
fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_MAX)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    write!(stream, "GET /up HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream.take(LINE_MAX)).read_line(&mut line)?;
    Ok(line)
}

/// Writes to standard output; a closed pipe is nobody's problem.
fn say(text: &str, code: ExitCode) -> ExitCode {
    let _ = io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
    code
}

/// Says what is wrong.
fn fail(sentence: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "campfire: {sentence}");
    ExitCode::from(code)
}
