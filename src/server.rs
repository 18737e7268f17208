//! The server: bound to an address, run until it is told to stop, stopped without losing anything.
//!
//! The whole route table is here.

use crate::config::Config;
use crate::control;
use crate::db::Db;
use crate::db::storage::Storage;
use crate::error::AppError;
use crate::services::{Core, DRAIN_MAX, background, previews as making};
use crate::web::answer::with_header;
use crate::web::limits::{Attempts, Posts};
use crate::web::pages::{self, Pages};
use crate::web::socket::connection;
use crate::web::{
    App, account, assets, attachments, edits, errors, guard, health, joins, memberships, messages, profile,
    room_settings, rooms, roster, searches, sessions, sidebar, socket, users,
};
use actix_http::{HttpService, Request};
use actix_service::{Service, ServiceFactory, apply_fn_factory, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Server as ActixServer, ServerHandle, ServiceResponse};
use actix_web::guard::{Any, Get, Head, Patch, Put};
use actix_web::http::header::ALLOW;
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Data, delete, get, post, route};
use actix_web::{App as ActixApp, Error, FromRequest, Handler, HttpResponse, Resource, Responder, Route, web};
use socket2::SockRef;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;

/// How long requests under way may take to finish when the server stops.
const FINISH_MAX_S: u64 = 10;
/// How long a client may take to send a request's head: a slow network, not a slow attack.
const REQUEST_HEAD_MAX: Duration = Duration::from_secs(15);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a peer may take none of what is sent to it before the system drops the connection. Longer than a socket
/// waits before it is closed, so this only ends what a close could not reach.
const UNTAKEN_MAX: Duration = Duration::from_secs(60);

/// A server that is bound and ready to run.
pub struct Server {
    server: ActixServer,
    address: SocketAddr,
    core: Arc<Core>,
    /// Where people find it: `https://chat.example.com`.
    origin: String,
    folder: PathBuf,
    /// Where the command line asks; none when the socket can't be had.
    control: Option<UnixListener>,
}

/// Stops a running server from anywhere.
#[derive(Clone)]
pub struct Stopper {
    handle: ServerHandle,
    core: Arc<Core>,
}

impl Server {
    /// Locks the storage, listens on the configured address and starts the database and the hub.
    /// # Errors
    /// Why it can't, in words for whoever starts it; nothing is left running then.
    pub fn bind(config: Config) -> Result<Self, String> {
        // First the storage: of two servers with the same settings, the second should hear of that, not of the port.
        let storage = Storage::open(&config.storage).map_err(|error| error.to_string())?;
        let listener = TcpListener::bind(config.address).map_err(|error| cannot_listen(config.address, &error))?;
        Self::on(listener, storage, config)
    }

    /// Starts on a listener that is bound already.
    /// # Errors
    /// Why it can't, in words for whoever starts it; nothing is left running then.
    pub fn on(listener: TcpListener, storage: Storage, config: Config) -> Result<Self, String> {
        let address = listener.local_addr().map_err(|error| cannot_listen(config.address, &error))?;
        let core = Arc::new(Core::start(storage, &config)?);
        let (origin, folder) = (config.origin(address), config.storage.clone());
        // Without one the server runs all the same: the commands then want it stopped.
        let control = control::bind(&folder).inspect_err(|error| {
            tracing::warn!(%error, "there is no control socket: commands for administrators need the server stopped");
        });
        let posts = Posts::new(config.post_burst, config.posts_per_second);
        let searches = Posts::new(searches::SEARCHES_BURST, searches::SEARCHES_PER_SECOND);
        let pages = Pages::new(config.page_cache);
        let app = Data::new(App { config, core: core.clone(), attempts: Attempts::default(), posts, searches, pages });
        let builder = ActixServer::build().disable_signals().shutdown_timeout(FINISH_MAX_S);
        let stopping = builder.graceful_shutdown_signal();
        let http = move || {
            let stopping = stopping.clone();
            // A request to upgrade is answered as any other; then its connection is no longer the server library's.
            let sockets =
                apply_fn_factory(application(app.clone(), vec![sockets()]), |(request, framed), application| {
                    let answer = application.call(request);
                    async move { connection::upgrade(answer.await, framed).await }
                });
            let until_stopping = move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            };
            HttpService::build()
                .client_request_timeout(REQUEST_HEAD_MAX)
                .keep_alive(KEEP_ALIVE)
                .tcp_nodelay(true)
                .on_connect_ext(|stream, _| give_up_on_the_silent(stream))
                .graceful_shutdown_signal(until_stopping)
                .upgrade(sockets)
                .h1(application(app.clone(), table()))
                .tcp()
        };
        let server = builder.listen("campfire", listener, http).map_err(|error| cannot_listen(address, &error))?.run();
        Ok(Self { server, address, core, origin, folder, control: control.ok() })
    }

    /// The address it listens on, with the port that was given when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where people find it, as far as it can tell.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// The database; for tests and measurements.
    pub fn db(&self) -> &Db {
        &self.core.db
    }

    /// A way to stop it while it runs.
    pub fn stopper(&self) -> Stopper {
        Stopper { handle: self.server.handle(), core: self.core.clone() }
    }

    /// Serves until it is stopped, then writes what was acknowledged.
    /// # Errors
    /// When the operating system fails the server.
    pub async fn run(self) -> io::Result<()> {
        // Before the first request is taken: those that came already wait.
        let Self { server, core, origin, folder, control, .. } = self;
        core.banned.load(&core.db).await.map_err(|error| io::Error::other(error.to_string()))?;
        let background = tokio::spawn(background::run(core.clone()));
        let previews = tokio::spawn(making::run(core.clone()));
        let orders = control.map(|listener| tokio::spawn(control::listen(listener, core.clone(), origin)));
        let result = server.await;
        if let Some(orders) = orders {
            control::remove(&folder);
            orders.abort();
            let _ = orders.await;
        }
        previews.abort();
        let _ = previews.await;
        core.background.stop();
        let _ = background.await;
        let drained = tokio::task::spawn_blocking(move || core.db.stop(DRAIN_MAX)).await;
        result.and(drained.map_err(io::Error::other))
    }
}

impl Stopper {
    /// Closes the sockets, stops accepting, lets requests finish (10 s at most). [`Server::run`] then drains the writer and returns.
    pub async fn stop(&self) {
        self.core.hub.stop();
        self.handle.stop(true).await;
    }
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> String {
    format!(
        "Can't listen on {address}: {error}. Is another program there? Set CAMPFIRE_ADDRESS to another address or port, like \
         127.0.0.1:3001."
    )
}

/// Makes the system drop a connection whose peer takes nothing (TCP User Timeout, RFC 5482): such a peer takes no close
/// either, and would keep its buffers for ever.
#[cfg(target_os = "linux")]
fn give_up_on_the_silent(stream: &TcpStream) {
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(UNTAKEN_MAX)) {
        tracing::debug!(%error, "a connection could not be given a time limit");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_up_on_the_silent(_: &TcpStream) {}

/// A path, and by what methods it is handled how.
struct Row(&'static str, Vec<(&'static str, Route)>);

/// A row without methods.
fn at(path: &'static str) -> Row {
    Row(path, Vec::new())
}

impl Row {
    fn with(mut self, methods: &'static str, route: Route) -> Self {
        self.1.push((methods, route));
        self
    }

    /// The methods, as in `Allow`.
    fn methods(&self) -> String {
        self.1.iter().map(|(methods, _)| *methods).collect::<Vec<_>>().join(", ")
    }

    /// GET; and HEAD, which is GET without the body.
    fn get<A: FromRequest + 'static>(self, handler: impl Handler<A, Output: Responder + 'static>) -> Self {
        self.with("GET, HEAD", route().guard(Any(Get()).or(Head())).to(handler))
    }

    fn post<A: FromRequest + 'static>(self, handler: impl Handler<A, Output: Responder + 'static>) -> Self {
        self.with("POST", post().to(handler))
    }

    /// PUT and PATCH, which are the same.
    fn put<A: FromRequest + 'static>(self, handler: impl Handler<A, Output: Responder + 'static>) -> Self {
        self.with("PUT, PATCH", route().guard(Any(Put()).or(Patch())).to(handler))
    }

    fn delete<A: FromRequest + 'static>(self, handler: impl Handler<A, Output: Responder + 'static>) -> Self {
        self.with("DELETE", delete().to(handler))
    }
}

/// What can become a socket.
fn sockets() -> Row {
    at("/ws").with("GET", get().to(socket::index))
}

/// Every route: first what is asked for most, and what is spelled out before what is a parameter.
fn table() -> Vec<Row> {
    vec![
        at("/rooms/{room_id}/messages").get(messages::index).post(messages::create),
        at("/").get(rooms::enter),
        at("/up").get(health),
        at("/health").get(health),
        at("/assets/{version}/{path:.*}").get(assets::show),
        at("/first_run").get(joins::first_run).post(joins::begin),
        at("/session/new").get(sessions::new),
        at("/session").post(sessions::create).delete(sessions::destroy),
        at("/session/transfers/{token}").get(sessions::link).put(sessions::take_link),
        at("/join/{join_code}").get(joins::new).post(joins::create),
        at("/rooms").get(rooms::index),
        at("/rooms/{kind:opens|closeds}").post(room_settings::create),
        at("/rooms/{kind:opens|closeds}/new").get(room_settings::new),
        at("/rooms/{kind:opens|closeds}/{room_id}")
            .get(room_settings::show)
            .put(room_settings::update)
            .delete(rooms::destroy),
        at("/rooms/{kind:opens|closeds}/{room_id}/edit").get(room_settings::edit),
        at("/rooms/directs").post(room_settings::start_ping),
        at("/rooms/directs/new").get(room_settings::new_ping),
        at("/rooms/directs/{room_id}").get(room_settings::show).delete(room_settings::destroy_ping),
        at("/rooms/directs/{room_id}/edit").get(room_settings::edit_ping),
        at("/rooms/{room_id}").get(rooms::show).delete(rooms::destroy),
        at("/rooms/{room_id}/involvement").get(memberships::bell).put(memberships::set_bell),
        at("/rooms/{room_id}/read").put(memberships::mark_read).delete(memberships::mark_unread),
        at("/rooms/{room_id}/@{message_id}").get(rooms::around),
        at("/rooms/{room_id}/messages/{message_id}").get(messages::show).put(edits::update).delete(messages::destroy),
        at("/rooms/{room_id}/messages/{message_id}/edit").get(edits::edit),
        at("/rooms/{room_id}/messages/{message_id}/versions").get(edits::versions),
        at("/rooms/{room_id}/messages/{message_id}/file/{name}").get(attachments::file),
        at("/rooms/{room_id}/messages/{message_id}/thumbnail").get(attachments::thumbnail),
        at("/rooms/{room_id}/messages/{message_id}/preview").delete(attachments::remove_preview),
        at("/rooms/{room_id}/messages/{message_id}/preview/image").get(attachments::preview_image),
        at("/rooms/{room_id}/messages/{message_id}/boosts").get(edits::boosts).post(edits::boost),
        at("/rooms/{room_id}/messages/{message_id}/boosts/{boost_id}").delete(edits::withdraw_boost),
        at("/rooms/{room_id}/members").get(memberships::index),
        at("/rooms/{room_id}/members/me").delete(memberships::leave),
        at("/account").put(account::update),
        at("/account/edit").get(account::edit),
        at("/account/join_code").post(account::regenerate),
        at("/account/logo").get(account::logo).delete(account::remove_logo),
        at("/account/custom_styles").get(account::styles).put(account::update_styles),
        at("/account/custom_styles/edit").get(account::edit_styles),
        at("/account/audit_log").get(account::audit_log),
        at("/account/users").get(roster::index),
        at("/account/users/{user_id}").put(roster::update).delete(roster::destroy),
        at("/searches").get(searches::index).post(searches::create),
        at("/searches/clear").delete(searches::destroy),
        at("/users").get(users::index),
        at("/users/me/sidebar").get(sidebar::show),
        at("/users/me/profile").get(profile::edit).put(profile::update),
        at("/users/me/avatar").delete(users::remove_avatar),
        at("/users/me/sessions").get(sessions::index),
        at("/users/me/sessions/{session_id}").delete(sessions::revoke),
        at("/users/me/transfers").post(sessions::make_link),
        at("/users/{user_id}").get(users::show),
        at("/users/{user_id}/avatar").get(users::avatar).delete(users::remove_avatar_by_id),
        at("/users/{user_id}/ban").post(users::ban).delete(users::lift_ban),
        at("/users/{user_id}/transfers").post(sessions::make_link_for),
        at("/users/{user_id}/stylesheet").get(users::stylesheet),
        sockets(),
    ]
}

/// Every path with the methods it takes; for the test that demands a row of rights for each.
pub fn paths() -> Vec<(&'static str, String)> {
    table().into_iter().map(|row| (row.0, row.methods())).collect()
}

/// The application with these routes.
fn application(
    app: Data<App>, rows: Vec<Row>,
) -> impl ServiceFactory<Request, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()> {
    let application = ActixApp::new()
        .app_data(app)
        .service(rows.into_iter().map(resource).collect::<Vec<_>>())
        .default_service(web::to(|| ready(HttpResponse::from_error(AppError::NotFound))))
        .wrap(from_fn(pages::keep))
        .wrap(from_fn(guard::before_routing))
        .wrap(from_fn(errors::render))
        .wrap(from_fn(guard::around));
    map_config(application, |()| AppConfig::default())
}

/// A row as the server library has it; another method of a known path is 405.
fn resource(row: Row) -> Resource {
    let methods = row.methods();
    let refused = move || with_header(HttpResponse::from_error(AppError::MethodNotAllowed), ALLOW, methods.as_str());
    let resource = row.1.into_iter().fold(web::resource(row.0), |resource, (_, route)| resource.route(route));
    resource.default_service(web::to(move || ready(refused())))
}
