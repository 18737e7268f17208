//! What tests share: a real server on a free port with a database of its own, people who use it, and sockets.
//!
//! Nothing here sleeps: waiting is for a frame, an answer or an end, with [`PATIENCE`] as the bound after which a test
//! fails.

use campfire::config::Config;
use campfire::db::Db;
use campfire::server::{Server, Stopper};
use reqwest::header::COOKIE;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

pub mod process;
pub mod site;
pub mod socket;

/// How long a test waits for something before it fails: long, since machines are shared.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// A running server with a database of its own.
pub struct TestServer {
    pub address: SocketAddr,
    pub db: Db,
    pub stopper: Stopper,
    pub folder: TempDir,
    running: JoinHandle<std::io::Result<()>>,
}

impl TestServer {
    /// A server with an empty database.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server with an empty database and some settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_in(TempDir::new().expect("a temporary folder"), settings).await
    }

    /// A server with an empty database that may fetch previews from one address of this machine.
    pub async fn start_with_site(site: SocketAddr, settings: &[(&str, &str)]) -> Self {
        Self::start_with_all(TempDir::new().expect("a temporary folder"), settings, Some(site)).await
    }

    /// A server on an existing folder.
    pub async fn start_in(folder: TempDir, settings: &[(&str, &str)]) -> Self {
        Self::start_with_all(folder, settings, None).await
    }

    async fn start_with_all(folder: TempDir, settings: &[(&str, &str)], site: Option<SocketAddr>) -> Self {
        let mut config = Config::from(|variable| {
            settings.iter().find(|(name, _)| *name == variable).map(|(_, value)| (*value).to_owned())
        })
        .expect("good settings");
        config.address = SocketAddr::from(([127, 0, 0, 1], 0));
        config.storage = folder.path().to_owned();
        config.previews_from = site;
        Self::run(Server::bind(config).expect("a server"), folder)
    }

    /// Runs a server that was bound.
    pub fn run(server: Server, folder: TempDir) -> Self {
        let (address, db, stopper) = (server.address(), server.db().clone(), server.stopper());
        let running = tokio::spawn(server.run());
        Self { address, db, stopper, folder, running }
    }

    /// Stops the server and waits until it has; gives the folder back.
    pub async fn stop(self) -> TempDir {
        self.stopper.stop().await;
        let ended = timeout(PATIENCE, self.running).await.expect("a server that stops");
        ended.expect("no panic").expect("a clean end");
        self.folder
    }

    /// A URL of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A visitor without a session, who keeps cookies and does not follow redirects.
    pub fn visitor(&self) -> Person {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        Person { client, base: format!("http://{}", self.address), id: 0, token: String::new() }
    }

    /// The first run: the administrator.
    pub async fn administrator(&self) -> Person {
        let form = [("name", "Ann Admin"), ("email_address", "ann@example.com"), ("password", PASSWORD)];
        let visitor = self.visitor();
        let answer = visitor.json(Method::POST, "/first_run", &as_object(&form)).await;
        visitor.signed_in(answer).await
    }

    /// Somebody who joins by the invite link; the account must be there.
    pub async fn member(&self, name: &str) -> Person {
        let code = self
            .db
            .read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?.expect("an account").join_code))
            .await
            .expect("a join code");
        let address = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        let form = [("name", name), ("email_address", address.as_str()), ("password", PASSWORD)];
        let visitor = self.visitor();
        let answer = visitor.json(Method::POST, &format!("/join/{code}"), &as_object(&form)).await;
        visitor.signed_in(answer).await
    }

    /// Somebody who is in no room: a member whose memberships were taken away.
    pub async fn outsider(&self, name: &str) -> Person {
        let person = self.member(name).await;
        let id = person.id;
        self.db
            .write(move |tx| Ok(tx.execute("DELETE FROM memberships WHERE user_id = ?1", [id])?))
            .await
            .expect("no memberships");
        person
    }

    /// Changes the database behind the server's back, to bring about what would take days or a broken disk.
    pub async fn sql(&self, statements: impl Into<String>) {
        let statements = statements.into();
        self.db.write(move |tx| Ok(tx.execute_batch(&statements)?)).await.expect("good SQL");
    }

    /// The one number that a query answers.
    pub async fn number(&self, query: impl Into<String>) -> i64 {
        let query = query.into();
        let read = self.db.read(move |snapshot| Ok(snapshot.query_row(&query, [], |row| row.get(0))?));
        read.await.expect("a number")
    }

    /// Sends these very bytes over a connection of their own, says that no more will come, and reads all that is answered.
    pub async fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(bytes.as_ref()).await?;
            stream.shutdown().await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
        };
        timeout(PATIENCE, exchange).await.expect("an end").expect("an exchange")
    }

    /// Every message row of the database, tombstones included: (id, client_message_id, source).
    pub async fn rows(&self) -> Vec<(i64, String, String)> {
        self.db
            .read(|snapshot| {
                let mut statement =
                    snapshot.prepare("SELECT id, client_message_id, source FROM messages ORDER BY id")?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
            })
            .await
            .expect("rows")
    }
}

/// Somebody with a browser or a script: cookies for pages, a token for JSON.
#[derive(Clone)]
pub struct Person {
    pub client: Client,
    pub base: String,
    pub id: i64,
    pub token: String,
}

impl Person {
    async fn signed_in(mut self, answer: Response) -> Self {
        assert_eq!(answer.status(), 201);
        let session: Value = answer.json().await.expect("JSON");
        self.id = session["user"]["id"].as_i64().expect("an id");
        self.token = session["token"].as_str().expect("a token").to_owned();
        self
    }

    /// The same person in a browser: the token is a cookie.
    pub fn in_a_browser(&self) -> Self {
        let cookie = format!("session_token={}", self.token).parse().expect("a header");
        let client = Client::builder()
            .default_headers([(COOKIE, cookie)].into_iter().collect())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .expect("a client");
        Self { client, base: self.base.clone(), id: self.id, token: String::new() }
    }

    /// A request with this person's token, if they have one, and nothing else.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Asks for a page, as a browser does.
    pub async fn page(&self, path: &str) -> Response {
        self.request(Method::GET, path).header("accept", "text/html").send().await.expect("an answer")
    }

    /// Asks for JSON.
    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).header("accept", "application/json").send().await.expect("an answer")
    }

    /// Sends JSON and asks for JSON.
    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Response {
        let request = self.request(method, path).header("accept", "application/json").json(body);
        request.send().await.expect("an answer")
    }

    /// Sends a form as a plain browser does.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.request(Method::POST, path).form(fields).send().await.expect("an answer")
    }

    /// Posts a message to room 1 under a new id and expects it to be taken.
    pub async fn says(&self, text: &str) -> Value {
        let answer = self.posts(text, &Uuid::new_v4().to_string()).await;
        assert_eq!(answer.status(), 201, "{text}");
        answer.json().await.expect("JSON")
    }

    /// Posts a message to room 1 under an id.
    pub async fn posts(&self, text: &str, client_message_id: &str) -> Response {
        let body = json!({"body": text, "client_message_id": client_message_id});
        self.json(Method::POST, "/rooms/1/messages", &body).await
    }

    /// The newest messages of room 1, oldest first.
    pub async fn messages(&self) -> Vec<Value> {
        let answer = self.get("/rooms/1/messages?limit=100").await;
        assert_eq!(answer.status(), 200);
        answer.json().await.expect("an array")
    }
}

/// A form's fields as a JSON object.
pub fn as_object(fields: &[(&str, &str)]) -> Value {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
