//! The writer: who is told what when closures of one group fail, and how many commits posts cost.

use crate::support::TestServer;
use campfire::db::{Db, Tx};
use campfire::error::AppError;
use futures_util::future::join_all;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

type Result<T> = std::result::Result<T, AppError>;
type Work = Box<dyn FnOnce(&Tx<'_>) -> Result<&'static str> + Send>;

/// What the after-commit actions did, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn lines(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// A closure that writes a room called `name` and leaves its name for after the commit.
fn writes(name: &'static str, log: &Log) -> Work {
    let log = log.clone();
    Box::new(move |tx| {
        insert(tx, name)?;
        tx.after_commit(move || log.0.lock().unwrap().push(name), || {});
        Ok(name)
    })
}

fn insert(tx: &Tx<'_>, name: &str) -> Result<()> {
    let sql = "INSERT INTO rooms (kind, name, name_key, creator_id, created_at_ms, updated_at_ms)
               VALUES ('closed', ?1, ?1, 1, ?2, ?2)";
    tx.execute(sql, (name, tx.now_ms()))?;
    Ok(())
}

/// Runs closures as one group: the writer is kept busy by a closure of the same group until all are queued.
async fn group(db: &Db, closures: Vec<Work>) -> Vec<Result<&'static str>> {
    let (release, wait) = channel::<()>();
    let gate = db.write(move |_| {
        wait.recv().expect("the release");
        Ok("gate")
    });
    let mut queued: Vec<_> = vec![Box::pin(gate) as std::pin::Pin<Box<dyn Future<Output = _>>>];
    for closure in closures {
        queued.push(Box::pin(db.write(closure)));
    }
    // The first poll of each puts it into the queue, in this order.
    for future in &mut queued {
        assert!(futures_util::poll!(future).is_pending());
    }
    drop_after(release);
    join_all(queued).await.split_off(1)
}

fn drop_after(release: Sender<()>) {
    release.send(()).expect("the gate");
}

/// The rooms that are there besides the first.
async fn rooms(db: &Db) -> Vec<String> {
    db.read(|snapshot| {
        let mut statement = snapshot.prepare("SELECT name FROM rooms WHERE id > 1 ORDER BY id")?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<Vec<String>>>()?)
    })
    .await
    .unwrap()
}

async fn started() -> TestServer {
    let server = TestServer::start().await;
    server.administrator().await;
    server
}

#[tokio::test]
async fn a_closure_that_fails_or_panics_leaves_no_trace_and_it_alone_is_told() {
    let server = started().await;
    let log = Log::default();
    let (fails, panics, panics_later) = (log.clone(), log.clone(), log.clone());
    let results = group(
        &server.db,
        vec![
            writes("one", &log),
            Box::new(move |tx| {
                insert(tx, "fails")?;
                tx.after_commit(move || fails.0.lock().unwrap().push("fails"), || {});
                Err(AppError::Conflict("no"))
            }),
            writes("two", &log),
            Box::new(move |tx| {
                insert(tx, "panics")?;
                tx.after_commit(move || panics.0.lock().unwrap().push("panics"), || {});
                panic!("on purpose")
            }),
            writes("three", &log),
            Box::new(move |tx| {
                insert(tx, "action panics")?;
                tx.after_commit(|| panic!("on purpose"), move || panics_later.0.lock().unwrap().push("reload"));
                Ok("action panics")
            }),
            writes("four", &log),
            Box::new(|tx| {
                tx.execute("INSERT INTO no_such_table VALUES (1)", [])?;
                Ok("never")
            }),
        ],
    )
    .await;

    assert!(matches!(results[0], Ok("one")));
    assert!(matches!(results[1], Err(AppError::Conflict("no"))));
    assert!(matches!(results[2], Ok("two")));
    assert!(matches!(results[3], Err(AppError::Internal(_))));
    assert!(matches!(results[4], Ok("three")));
    assert!(matches!(results[5], Ok("action panics")));
    assert!(matches!(results[6], Ok("four")));
    assert!(matches!(results[7], Err(AppError::Internal(_))));
    assert_eq!(rooms(&server.db).await, ["one", "two", "three", "action panics", "four"]);
    // The actions ran on the writer's thread, so after another write they have run.
    server.db.write(|_| Ok(())).await.unwrap();
    assert_eq!(log.lines(), ["one", "two", "three", "reload", "four"]);
    assert!(server.db.is_healthy());
}

#[tokio::test]
async fn when_the_database_is_full_the_whole_group_is_told_and_nothing_is_there() {
    let server = started().await;
    let log = Log::default();
    let mut closures: Vec<Work> = ["one", "two", "three"].map(|name| writes(name, &log)).into();
    closures.push(Box::new(|tx| {
        let pages: i64 = tx.pragma_query_value(None, "page_count", |row| row.get(0))?;
        tx.pragma_query_value(None, "max_page_count", |_| Ok(()))?;
        tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        // A table without triggers: where one runs, SQLite takes only the statement back.
        tx.execute("INSERT INTO dropped_files (file_key) VALUES (hex(randomblob(1000000)))", [])?;
        Ok("full")
    }));
    closures.extend(["four", "five", "six", "seven"].map(|name| writes(name, &log)));
    let results = group(&server.db, closures).await;

    for result in &results[..4] {
        assert!(matches!(result, Err(AppError::Storage { full: true })), "{result:?}");
    }
    // Those behind it came into the next group, on a connection that was opened anew.
    for result in &results[4..] {
        assert!(result.is_ok(), "{result:?}");
    }
    assert_eq!(rooms(&server.db).await, ["four", "five", "six", "seven"]);
    server.db.write(|_| Ok(())).await.unwrap();
    assert_eq!(log.lines(), ["four", "five", "six", "seven"]);
    assert!(server.db.is_healthy());
}

#[tokio::test]
async fn when_the_commit_fails_the_whole_group_is_told_and_health_is_down_until_a_write_succeeds() {
    let server = started().await;
    let log = Log::default();
    let mut closures: Vec<Work> = ["one", "two", "three"].map(|name| writes(name, &log)).into();
    closures.push(Box::new(|tx| {
        // A broken reference that is checked at COMMIT only.
        tx.execute_batch("PRAGMA defer_foreign_keys = ON; UPDATE rooms SET creator_id = 999 WHERE id = 1;")?;
        Ok("breaks the commit")
    }));
    closures.extend(["four", "five", "six", "seven"].map(|name| writes(name, &log)));
    let results = group(&server.db, closures).await;

    for result in &results {
        assert!(matches!(result, Err(AppError::Storage { full: false })), "{result:?}");
    }
    assert!(rooms(&server.db).await.is_empty());
    assert!(log.lines().is_empty());
    assert!(!server.db.is_healthy());
    let health = server.visitor().get("/health").await;
    assert_eq!(health.status(), 503);
    assert_eq!(health.json::<serde_json::Value>().await.unwrap()["status"], "down");

    let mut last = writes("after", &log);
    let result = server.db.write(move |tx| std::mem::replace(&mut last, Box::new(|_| Ok("")))(tx)).await;
    assert!(matches!(result, Ok("after")));
    assert!(server.db.is_healthy());
    assert_eq!(server.visitor().get("/health").await.status(), 200);
}

#[tokio::test]
async fn a_full_queue_is_busy_at_once_and_nothing_of_it_is_stored() {
    let server = started().await;
    let (release, wait) = channel::<()>();
    let mut gate = Box::pin(server.db.write(move |_| {
        wait.recv().expect("the release");
        Ok(())
    }));
    assert!(futures_util::poll!(&mut gate).is_pending());
    let mut queued = Vec::new();
    let busy = loop {
        let mut write = Box::pin(server.db.write(|tx| insert(tx, "queued")));
        match futures_util::poll!(&mut write) {
            std::task::Poll::Pending => queued.push(write),
            std::task::Poll::Ready(result) => break result,
        }
        assert!(queued.len() < 100_000, "the queue has a bound");
    };
    assert!(matches!(busy, Err(AppError::Busy)));
    release.send(()).unwrap();
    gate.await.unwrap();
    let stored = join_all(queued).await;
    assert!(stored.iter().all(Result::is_ok));
    assert_eq!(rooms(&server.db).await.len(), stored.len());
}

#[tokio::test]
async fn a_stopped_server_has_written_what_it_took_and_takes_no_more() {
    let server = started().await;
    let db = server.db.clone();
    let writes: Vec<_> = (0..200)
        .map(|_| {
            tokio::spawn({
                let db = db.clone();
                async move { db.write(|tx| insert(tx, "kept")).await }
            })
        })
        .collect();
    let results = join_all(writes).await;
    let kept = results.into_iter().filter(|result| matches!(result, Ok(Ok(())))).count();
    let folder = server.stop().await;
    assert!(matches!(db.write(|tx| insert(tx, "late")).await, Err(AppError::Busy)));
    assert!(!db.is_healthy());
    drop(db);
    let again = TestServer::start_in(folder, &[]).await;
    assert_eq!(rooms(&again.db).await.len(), kept);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_clients_cost_fewer_than_half_as_many_commits_as_posts() {
    let settings = [("CAMPFIRE_POST_BURST", "1000000")];
    let server = TestServer::start_with(&settings).await;
    let ann = server.administrator().await;
    let before = server.db.commits();
    let clients = (0..16).map(|client| {
        let ann = ann.clone();
        tokio::spawn(async move {
            for number in 0..25 {
                ann.says(&format!("{client} {number}")).await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let commits = server.db.commits() - before;
    assert!(commits * 2 < 16 * 25, "{commits} commits for {} posts", 16 * 25);
}
